package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	// noteShown is how much of one note is shown, in characters: as much as a host
	// takes in one answer.
	noteShown  = 30_000
	withPinned = "is_pinned"
)

// NoteView is one note in full; URL is that of its card.
type NoteView struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
	NoteRow

	EditedAt string   `json:"edited_at,omitempty"`
	EditedBy string   `json:"edited_by,omitempty"`
	Pinned   bool     `json:"pinned"`
	LeftOut  []string `json:"left_out,omitempty"`
}

// GetNote reads one note of a card with its whole text: one request with a warm
// directory (Kommo API facts: notes).
func (s *Service) GetNote(ctx context.Context, t Target, id int64) (NoteView, error) {
	c, n, err := s.noteOn(ctx, t, id)
	if err != nil {
		return NoteView{}, err
	}
	names, err := s.names.Snapshot(ctx, directory.InUsers)
	if err != nil {
		return NoteView{}, err
	}
	out := NoteView{ID: n.ID, URL: s.cardURL(c.kind, c.id), NoteRow: noteRow(n, names), Pinned: n.Pinned}
	full := noteFull(n)
	out.Text = clip(full, noteShown)
	out.LeftOut = leftOut(utf8.RuneCountInString(full), noteShown, false, "characters of the text")
	if n.UpdatedAt > n.CreatedAt {
		out.EditedAt, out.EditedBy = moment(n.UpdatedAt, names.Account.Location()), names.UserName(n.UpdatedBy)
	}
	return out, nil
}

// noteOn reads a note and makes sure that it is on the card.
func (s *Service) noteOn(ctx context.Context, t Target, id int64) (card, kommo.Note, error) {
	c, err := t.card()
	if err != nil {
		return c, kommo.Note{}, err
	}
	n, err := s.api.Notes.Get(ctx, c.entity, id, withPinned)
	if errors.Is(err, kommo.ErrNotFound) || err == nil && n.EntityID != c.id {
		return c, n, problem.Missing("note_id", fmt.Sprintf("There is no note %d on %s %d, or this token may not see it.", id, c.kind, c.id)).
			WithNext(fmt.Sprintf("List the notes of the card with search_notes and %s; each row has its id.", c.argument)).Wrap(err)
	}
	return c, n, err
}

// NoteChange says what to change in a note. An empty text and a nil pin stay.
type NoteChange struct {
	Target

	NoteID int64
	Text   string
	Pinned *bool
}

// NoteState are the parts of a note that a change touches.
type NoteState struct {
	Text   string `json:"text,omitempty"`
	Pinned *bool  `json:"pinned,omitempty"`
}

// ChangedNote is the answer of a change: what changed, before and after. URL is
// that of the card.
type ChangedNote struct {
	ID        int64      `json:"id"`
	URL       string     `json:"url"`
	Before    *NoteState `json:"before,omitempty"`
	After     *NoteState `json:"after,omitempty"`
	Unchanged bool       `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool       `json:"looked_up,omitempty"` // an answer was lost, the note was read back
	Warnings  []string   `json:"warnings,omitempty"`
}

// UpdateNote rewords a note, pins it or takes it off the top of its card: the note
// is read, then a request each for what differs. Only common notes have a text of
// their own; pinning takes any (Kommo API facts: notes).
func (s *Service) UpdateNote(ctx context.Context, change NoteChange) (ChangedNote, error) {
	if strings.TrimSpace(change.Text) != "" {
		if err := checkNote("text", change.Text); err != nil {
			return ChangedNote{}, err
		}
	}
	c, held, err := s.noteOn(ctx, change.Target, change.NoteID)
	if err != nil {
		return ChangedNote{}, err
	}
	out := ChangedNote{ID: held.ID, URL: s.cardURL(c.kind, c.id)}
	reword := strings.TrimSpace(change.Text) != "" && !sameText(change.Text, held.Text())
	pin := change.Pinned != nil && *change.Pinned != held.Pinned
	switch {
	case reword && held.Type != kommo.NoteCommon:
		return ChangedNote{}, problem.New(problem.Unprocessable,
			fmt.Sprintf("Note %d is of the kind %s: only notes that people write have a text to change; nothing was written.", held.ID, noteWord(held.Type))).
			WithField("text").WithNext("Add what is missing with add_note; pinned works on every kind.")
	case !reword && !pin:
		out.Unchanged = true
		if change.Pinned == nil && strings.TrimSpace(change.Text) == "" {
			out.Warnings = []string{nothingAsked}
		}
		return out, nil
	}
	out.Before, out.After = &NoteState{}, &NoteState{}
	if reword {
		if err := s.rewordNote(ctx, c, held, change.Text, &out); err != nil {
			return ChangedNote{}, err
		}
	}
	if pin {
		return out, s.pinNote(ctx, c, held, *change.Pinned, &out)
	}
	return out, nil
}

func (s *Service) rewordNote(ctx context.Context, c card, held kommo.Note, text string, out *ChangedNote) error {
	_, err := s.api.Notes.Update(ctx, c.entity, held.ID, kommo.NoteWrite{Type: kommo.NoteCommon, Params: kommo.TextParams{Text: text}})
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.api.Notes.Get(ctx, c.entity, held.ID)
		return sameText(now.Text(), text), err
	})
	out.Before.Text, out.After.Text = held.Text(), text
	return err
}

// pinNote is an error only where nothing was written before.
func (s *Service) pinNote(ctx context.Context, c card, held kommo.Note, on bool, out *ChangedNote) error {
	err := s.api.Notes.Pin(ctx, c.entity, held.ID, on)
	lookedUp, err := confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.api.Notes.Get(ctx, c.entity, held.ID, withPinned)
		return now.Pinned == on, err
	})
	if err != nil && out.After.Text != "" {
		out.Warnings = append(out.Warnings, "The text was changed, but not the pin: "+said(err)+". Call again with pinned alone.")
		return nil
	}
	out.LookedUp = out.LookedUp || lookedUp
	out.Before.Pinned, out.After.Pinned = new(!on), &on
	return err
}
