package crm

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// placedNote is a note with the kind of card it is on.
type placedNote struct {
	kommo.Note

	entity kommo.Entity
}

// noteSource is a list of notes that is read as far as needed, the last changed
// first.
type noteSource struct {
	entity kommo.Entity
	read   func(ctx context.Context, page, size int) (kommo.Page[kommo.Note], error)
	page   int // the next one to read
	rows   []kommo.Note
	ended  bool // nothing more to read
}

// noteMerge joins lists by time. Its place is a second and how many notes of that
// second were passed: new notes shift pages, and never what is older.
type noteMerge struct {
	lists []*noteSource
	size  int
	pages int // left to read
	at    cursor
	skip  int // notes of the first second that an earlier call has passed

	failed error // of the last page
}

// mergeNotes walks the lists until enough notes are found, all have ended, or the
// pages or the time are used up.
func mergeNotes(ctx context.Context, at cursor, p notePlan, limit int) (scanned[placedNote], error) {
	var out scanned[placedNote]
	m := &noteMerge{lists: p.lists, size: p.size, pages: maxScanPages, at: at, skip: at.Skip}
	m.at.Skip = 0
	for {
		full := len(out.items) == limit
		if m.hungry() {
			if full {
				out.hasMore, out.more = true, m.at
				return out, nil
			}
			if m.load(ctx) {
				continue
			}
			if m.failed != nil && len(out.items) == 0 {
				return out, m.failed
			}
			break // what was found is worth more than an error
		}
		before := m.at
		n, ok := m.next()
		if !ok {
			return out, nil
		}
		if n.UpdatedAt > kommo.Unix(at.Until) || m.passed(n, at.Until) {
			continue
		}
		out.seen++
		if !p.matches(n.Note) {
			out.dropped++
			continue
		}
		if full {
			out.hasMore, out.more = true, before
			return out, nil
		}
		out.items, out.after = append(out.items, n), append(out.after, m.at)
	}
	out.hasMore, out.more, out.cutOff = true, m.place(at), true
	return out, nil
}

// hungry tells that some list has to be read on before the newest note is known.
func (m *noteMerge) hungry() bool {
	for _, l := range m.lists {
		if len(l.rows) == 0 && !l.ended {
			return true
		}
	}
	return false
}

// load reads the next page of every list that has none left, at once; false where
// pages or time are used up, or where it failed.
func (m *noteMerge) load(ctx context.Context) bool {
	if m.pages < maxScanPages && !timeLeft(ctx) {
		return false
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range m.lists {
		if len(l.rows) > 0 || l.ended {
			continue
		}
		if m.pages == 0 {
			m.failed = g.Wait()
			return false
		}
		m.pages--
		g.Go(func() error {
			page, err := l.read(ctx, l.page, m.size)
			if err != nil {
				return err
			}
			l.page, l.rows, l.ended = l.page+1, page.Items, !page.HasNext
			return nil
		})
	}
	m.failed = g.Wait()
	return m.failed == nil
}

// next takes the newest note; of equal ones that of the first list.
func (m *noteMerge) next() (placedNote, bool) {
	var best *noteSource
	for _, l := range m.lists {
		if len(l.rows) > 0 && (best == nil || l.rows[0].UpdatedAt > best.rows[0].UpdatedAt) {
			best = l
		}
	}
	if best == nil {
		return placedNote{}, false
	}
	n := placedNote{best.rows[0], best.entity}
	best.rows = best.rows[1:]
	return n, true
}

// passed moves the place behind a note. It reports whether an earlier call has
// given or dropped the note already.
func (m *noteMerge) passed(n placedNote, until int64) bool {
	if second := int64(n.UpdatedAt); second != m.at.Until {
		m.at.Until, m.at.Skip = second, 0
	}
	m.at.Skip++
	return m.at.Until == until && m.at.Skip <= m.skip
}

// place is where to go on; at least where the call began.
func (m *noteMerge) place(began cursor) cursor {
	if m.at.Until == began.Until && m.at.Skip < began.Skip {
		return began
	}
	return m.at
}
