package crm

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const noteService = "service"

// noteKinds are the words for types of notes (Kommo API facts: notes).
var noteKinds = map[string][]string{
	KindNote:    {kommo.NoteCommon},
	KindCall:    {kommo.NoteCallIn, kommo.NoteCallOut},
	"sms":       {kommo.NoteSMSIn, kommo.NoteSMSOut},
	"mail":      {kommo.NoteMail},
	"file":      {kommo.NoteAttachment, "dropbox_attachment"},
	noteService: {kommo.NoteService, kommo.NoteExtendedService},
}

// noteWord is the word for a type of note; the type itself where there is none.
func noteWord(kind string) string {
	for word, kinds := range noteKinds {
		if slices.Contains(kinds, kind) {
			return word
		}
	}
	return kind
}

// noteDirection tells which way calls, letters and text messages went.
func noteDirection(n kommo.Note) string {
	incoming := n.Type == kommo.NoteCallIn || n.Type == kommo.NoteSMSIn
	if m, ok := n.Mail(); ok {
		incoming = m.Incoming
	} else if !incoming && n.Type != kommo.NoteCallOut && n.Type != kommo.NoteSMSOut {
		return ""
	}
	if incoming {
		return "inbound"
	}
	return "outbound"
}

// noteFull is all that a note says: of a call its result, of a letter subject and
// beginning, of a file its name.
func noteFull(n kommo.Note) string {
	if call, ok := n.Call(); ok {
		return call.Result
	}
	if m, ok := n.Mail(); ok {
		return strings.Trim(m.Subject+": "+m.Summary, ": ")
	}
	if n.Type == kommo.NoteAttachment {
		var file kommo.AttachmentParams
		if json.Unmarshal(n.Params, &file) != nil {
			return n.Text()
		}
		return strings.TrimSpace(cmp.Or(file.OriginalName, file.FileName) + " " + file.Text)
	}
	return n.Text()
}
