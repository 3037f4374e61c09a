package crm

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// maxNote is how long a note may be, in characters. Kommo names no limit; what is
// longer is a document rather than an entry in a timeline.
const maxNote = 15_000

// NewNote is a note to write on one card.
type NewNote struct {
	Target

	Text string
	Key  string // idempotency key; empty: none
}

// AddNote writes a note on a lead, contact or company: one request. A lost answer
// is looked up among the card's newest notes (Kommo API facts: notes).
func (s *Service) AddNote(ctx context.Context, n NewNote) (Made, error) {
	c, err := n.card()
	if err != nil {
		return Made{}, err
	}
	if err := checkNote("text", n.Text); err != nil {
		return Made{}, err
	}
	out, repeat, err := once(ctx, s, "add_note", n.Key, n, func(ctx context.Context) (Made, error) {
		id, lookedUp, err := s.writeNote(ctx, c, n.Text)
		if err != nil {
			return Made{}, c.explained(err)
		}
		return Made{
			ID: id, URL: s.cardURL(c.kind, c.id), LookedUp: lookedUp,
			Created: []Record{s.record(KindNote, id, n.Text)}, Found: []Record{},
		}, nil
	})
	out.Repeat = repeat
	return out, err
}

// writeNote writes a common note once and looks it up if the answer is lost.
func (s *Service) writeNote(ctx context.Context, c card, text string) (id int64, lookedUp bool, err error) {
	sent := s.since(ctx)
	return settle(ctx, s.clock, write[int64]{
		what: fmt.Sprintf("a note on %s %d", c.kind, c.id),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, []kommo.NoteWrite{{
				EntityID: c.id, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: text},
			}})
			if err != nil {
				return 0, err
			}
			s.took(ctx, KindNote, made[0].ID)
			return made[0].ID, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
				ListOptions: kommo.ListOptions{Limit: newestRows}, Order: newest,
			})
			for _, n := range page.Items {
				if n.Type == kommo.NoteCommon && sameText(n.Text(), text) && s.isOurs(ctx, KindNote, n.ID, n.CreatedAt, sent) {
					return n.ID, true, nil
				}
			}
			return 0, false, err
		},
	})
}

// checkNote refuses a text that is empty or too long for a note.
func checkNote(argument, text string) error {
	if err := needText(argument, text); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(text); n > maxNote {
		return problem.Invalid(argument, fmt.Sprintf("The argument %s has %d characters, a note takes at most %d; nothing was written.", argument, n, maxNote)).
			WithNext("Shorten it to what matters, or split it into several notes.")
	}
	return nil
}
