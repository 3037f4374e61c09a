package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// The types of notes that this client writes or looks into.
const (
	NoteCommon  = "common"
	NoteCallIn  = "call_in"
	NoteCallOut = "call_out"
	NoteService = "service_message"
)

// Note is an entry in a card's timeline (Kommo API facts: notes). Notes cannot
// be deleted.
type Note struct {
	ID            int64           `json:"id"`
	EntityID      int64           `json:"entity_id"`
	CreatedBy     int64           `json:"created_by"`
	UpdatedBy     int64           `json:"updated_by"`
	CreatedAt     Unix            `json:"created_at"`
	UpdatedAt     Unix            `json:"updated_at"`
	ResponsibleID int64           `json:"responsible_user_id"`
	GroupID       int64           `json:"group_id"`
	Type          string          `json:"note_type"`
	Params        json.RawMessage `json:"params"`
	AccountID     int64           `json:"account_id"`
	Pinned        bool            `json:"is_pinned"`
}

// Text is the note's text where its type has one.
func (n Note) Text() string {
	var p struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(n.Params, &p) != nil {
		return ""
	}
	return p.Text
}

// Call reads the parameters of a call note.
func (n Note) Call() (CallParams, bool) {
	var p CallParams
	if n.Type != NoteCallIn && n.Type != NoteCallOut || json.Unmarshal(n.Params, &p) != nil {
		return p, false
	}
	return p, true
}

// TextParams are the parameters of a common note.
type TextParams struct {
	Text string `json:"text"`
}

// ServiceParams are the parameters of a service message: who says what.
type ServiceParams struct {
	Service string `json:"service"`
	Text    string `json:"text"`
}

// CallParams are the parameters of a call note. Duration and a source that is
// not empty are required.
type CallParams struct {
	Unique      string      `json:"uniq,omitzero"`
	Duration    Int         `json:"duration"` // seconds
	Source      string      `json:"source"`
	Link        string      `json:"link,omitzero"` // recording
	Phone       string      `json:"phone"`
	Responsible Responsible `json:"call_responsible,omitzero"` // user id or name
	Result      string      `json:"call_result,omitzero"`
	Status      CallStatus  `json:"call_status,omitzero"`
}

// Responsible is a user id or a name: Kommo takes and gives both.
type Responsible string

// UnmarshalJSON reads a number or a text.
func (r *Responsible) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*r = Responsible(text)
		return nil
	}
	*r = Responsible(strings.TrimSpace(string(raw)))
	return nil
}

// CallStatus is how a call went.
type CallStatus int64

// The statuses of calls; 8 is known to the official client only.
const (
	CallLeftMessage  CallStatus = 1
	CallLater        CallStatus = 2
	CallNotAvailable CallStatus = 3
	CallTalked       CallStatus = 4
	CallWrongNumber  CallStatus = 5
	CallNoAnswer     CallStatus = 6
	CallBusy         CallStatus = 7
	CallUndefined    CallStatus = 8
)

// UnmarshalJSON reads a number, also as text.
func (s *CallStatus) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*s = CallStatus(n)
	return err
}

// NoteFilter selects notes.
type NoteFilter struct {
	ListOptions

	IDs       []int64
	Types     []string
	EntityIDs []int64 // only in lists over all cards
	UpdatedAt Range
	Order     Order // id, updated_at
	With      []string
}

func (f NoteFilter) query() url.Values {
	q := withQuery(f.With)
	f.ListOptions.into(q)
	setIDs(q, "id", f.IDs)
	setTexts(q, "note_type", f.Types)
	setIDs(q, "entity_id", f.EntityIDs)
	f.UpdatedAt.into(q, "updated_at")
	f.Order.into(q)
	return q
}

// NoteWrite creates a note. Params is one of the Params types.
type NoteWrite struct {
	EntityID      int64  `json:"entity_id,omitzero"`
	Type          string `json:"note_type"`
	Params        any    `json:"params"`
	CreatedBy     *int64 `json:"created_by,omitzero"`
	ResponsibleID int64  `json:"responsible_user_id,omitzero"`
	CreatedAt     Unix   `json:"created_at,omitzero"`
}

// NotesService reads and writes notes.
type NotesService struct{ c *Client }

// List reads one page of the notes of all cards of a kind.
func (s *NotesService) List(ctx context.Context, of Entity, f NoteFilter) (Page[Note], error) {
	return getPage[Note](ctx, s.c, "notes.list", "/"+string(of)+"/notes", "notes", f.query())
}

// ListOf reads one page of the notes of one card.
func (s *NotesService) ListOf(ctx context.Context, of Entity, id int64, f NoteFilter) (Page[Note], error) {
	return getPage[Note](ctx, s.c, "notes.list", idPath("/"+string(of), id)+"/notes", "notes", f.query())
}

// AllOf walks all notes of one card.
func (s *NotesService) AllOf(ctx context.Context, of Entity, id int64, f NoteFilter) iter.Seq2[Note, error] {
	return everyPage(func(page int) (Page[Note], error) {
		f.Page, f.Limit = page, MaxPage
		return s.ListOf(ctx, of, id, f)
	})
}

// Create writes notes; each names its card by EntityID.
func (s *NotesService) Create(ctx context.Context, of Entity, notes []NoteWrite) ([]Created, error) {
	return create(ctx, s.c, "notes.create", "/"+string(of)+"/notes", "notes", notes)
}

// Update changes the content of a note.
func (s *NotesService) Update(ctx context.Context, of Entity, id int64, w NoteWrite) (Updated, error) {
	return patchOne(ctx, s.c, "notes.update", idPath("/"+string(of)+"/notes", id), "notes", w)
}

// Pin fixes a note at the top of its card, or takes it off there.
func (s *NotesService) Pin(ctx context.Context, of Entity, id int64, on bool) error {
	verb := "/unpin"
	if on {
		verb = "/pin"
	}
	_, err := s.c.Do(ctx, Request{Op: "notes.pin", Method: http.MethodPost, Path: idPath("/"+string(of)+"/notes", id) + verb}, nil)
	return err
}
