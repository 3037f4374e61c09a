package crm

import (
	"context"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// NoteQuery is which notes to look for. At most one card is named; without one
// the notes on all leads, contacts and companies are looked through.
type NoteQuery struct {
	Query     string // words that must all occur
	LeadID    int64
	ContactID int64
	CompanyID int64
	Types     []string // words of noteKinds; none: all
	Author    []string // users, or robot; none: all
	Period    string   // when written or last changed
	Limit     int
	Cursor    string
}

// FoundNote is a note in a list.
type FoundNote struct {
	ID int64 `json:"id"`
	NoteRow

	EditedAt string  `json:"edited_at,omitempty"`
	Pinned   bool    `json:"pinned,omitempty"`
	For      *Record `json:"for,omitempty"` // the card, in lists of the whole account
}

// NoteList is one page of notes, the last written or changed first.
type NoteList struct {
	Items      []FoundNote `json:"items"`
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitempty"`
	Scanned    int         `json:"scanned,omitempty"`
	Note       string      `json:"note,omitempty"`
	Hint       string      `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l NoteList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l NoteList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// SearchNotes finds notes by words, type, author and time. Kommo filters types
// and the time of the last change; words and authors are looked for here, in at
// most eight pages a call. It keeps the notes of each kind of card in a list of
// its own, so that a search of the account reads three lists at once and merges
// them by time (Kommo API facts: notes).
func (s *Service) SearchNotes(ctx context.Context, in NoteQuery) (NoteList, error) {
	names, err := s.names.Snapshot(ctx, directory.InUsers)
	if err != nil {
		return NoteList{}, err
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return NoteList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return NoteList{}, err
	}
	if at.Until == 0 {
		at.Until = s.clock.Now().Unix()
	}
	plan, err := s.planNotes(ctx, in, names, at.Until)
	if err != nil {
		return NoteList{}, err
	}
	found, err := mergeNotes(ctx, at, plan, in.Limit)
	if err != nil {
		return NoteList{}, err
	}
	return s.noteList(ctx, in, plan, found, names), nil
}

// notePlan is a search turned into lists to read and the checks made here.
type notePlan struct {
	lists   []*noteSource
	size    int // rows a page
	words   []string
	kinds   []string
	authors []int64
	span    when.Range
}

func (s *Service) planNotes(ctx context.Context, in NoteQuery, names *directory.Snapshot, until int64) (notePlan, error) {
	p := notePlan{words: strings.Fields(directory.Fold(in.Query)), size: in.Limit}
	var err error
	if p.span, err = rangeOf("period", in.Period, names.Account.Location(), s.clock.Now()); err != nil {
		return p, err
	}
	if p.authors, err = s.authors(ctx, in.Author); err != nil {
		return p, err
	}
	for _, word := range in.Types {
		p.kinds = append(p.kinds, noteKinds[word]...)
	}
	if len(p.words)+len(p.authors) > 0 {
		p.size = kommo.MaxPage
	}
	f := kommo.NoteFilter{Types: p.kinds, UpdatedAt: heldRange(p.span, until), Order: kommo.Order{By: "updated_at", Desc: true}, With: []string{withPinned}}
	if in.LeadID == 0 && in.ContactID == 0 && in.CompanyID == 0 {
		for _, entity := range []kommo.Entity{kommo.Leads, kommo.Contacts, kommo.Companies} {
			p.lists = append(p.lists, s.noteSource(card{entity: entity}, f))
		}
		return p, nil
	}
	c, err := Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID}.card()
	if err != nil {
		return p, err
	}
	p.lists = append(p.lists, s.noteSource(c, f))
	return p, nil
}

// noteSource lists the notes of one card, or of all cards of a kind where it has
// no id.
func (s *Service) noteSource(of card, f kommo.NoteFilter) *noteSource {
	return &noteSource{entity: of.entity, page: 1, read: func(ctx context.Context, page, size int) (kommo.Page[kommo.Note], error) {
		f.Page, f.Limit = page, size
		if of.id != 0 {
			return s.api.Notes.ListOf(ctx, of.entity, of.id, f)
		}
		return s.api.Notes.List(ctx, of.entity, f)
	}}
}

func (p *notePlan) matches(n kommo.Note) bool {
	if len(p.kinds) > 0 && !slices.Contains(p.kinds, n.Type) || len(p.authors) > 0 && !slices.Contains(p.authors, n.CreatedBy) {
		return false
	}
	if !p.span.Contains(n.UpdatedAt.Time()) {
		return false
	}
	text := directory.Fold(noteFull(n))
	return !slices.ContainsFunc(p.words, func(w string) bool { return !strings.Contains(text, w) })
}

func (s *Service) noteList(ctx context.Context, in NoteQuery, p notePlan, found scanned[placedNote], names *directory.Snapshot) NoteList {
	out := NoteList{Items: make([]FoundNote, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	ofOne := len(p.lists) == 1
	var keys []cardKey
	for _, n := range found.items {
		if !ofOne {
			keys = append(keys, cardKey{n.entity, n.EntityID})
		}
	}
	known := s.cardNames(ctx, keys)
	for _, n := range found.items {
		row := FoundNote{ID: n.ID, NoteRow: noteRow(n.Note, names), Pinned: n.Pinned}
		row.Text = excerpt(noteFull(n.Note), p.words)
		if n.UpdatedAt > n.CreatedAt {
			row.EditedAt = moment(n.UpdatedAt, names.Account.Location())
		}
		if !ofOne {
			row.For = new(s.record(kindOf(string(n.entity)), n.EntityID, known[cardKey{n.entity, n.EntityID}]))
		}
		out.Items = append(out.Items, row)
	}
	if len(p.words)+len(p.authors) > 0 {
		out.Scanned = found.seen
	}
	if found.cutOff {
		out.Note = "Not all notes were looked through in this call: go on with next_cursor, or narrow with period, types or a card."
	}
	if len(out.Items) == 0 {
		out.Hint = notesHint(in, found.hasMore)
	}
	return out
}

// excerpt cuts a text around the first word that was looked for.
func excerpt(text string, words []string) string {
	runes := []rune(text)
	if len(runes) <= noteClip || len(words) == 0 {
		return clip(text, noteClip)
	}
	folded := directory.Fold(text)
	at := len([]rune(folded[:max(strings.Index(folded, words[0]), 0)])) // folding changes few lengths, so this is near
	if at < noteClip*3/4 {
		return clip(text, noteClip)
	}
	return "…" + clip(string(runes[min(at, len(runes))-noteClip/2:]), noteClip-1)
}

func notesHint(in NoteQuery, more bool) string {
	switch {
	case more:
		return "Nothing found so far: go on with next_cursor."
	case in.Cursor != "":
		return "There are no further notes in this list."
	case in.Query != "":
		return "No note holds all these words. Try fewer words or the stem of one; search_leads and search_contacts look into names and fields."
	case in.LeadID != 0 || in.ContactID != 0 || in.CompanyID != 0:
		return "This card has no such notes; they may be on its contact, company or lead instead. add_note writes one."
	default:
		return "No note fits. Widen period, or leave types or author out."
	}
}
