package crm

import (
	"context"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	maxScanPages = 8
	// scanReserve is the time that a scan leaves for the rest of the call.
	scanReserve = 3 * time.Second
)

// scan walks a list of Kommo and keeps what matches.
type scan[T any] struct {
	limit    int // rows to find
	pageSize int
	page     func(ctx context.Context, page, size int) (kommo.Page[T], error)
	keep     func(T) bool
	stop     func(T) bool // the list is sorted and holds nothing more from here on; nil: never
}

// scanned is what a scan found. after holds for each row where the list goes
// on behind it.
type scanned[T any] struct {
	items   []T
	after   []cursor
	hasMore bool
	more    cursor // where to go on, if there is more
	seen    int    // rows that Kommo answered
	dropped int    // rows that did not match here
	cutOff  bool   // it ended for the number of pages or the time, with rows left to look at
	given   int    // rows that earlier answers gave
	further int    // matching rows that were read and will come with the next answer
	whole   bool   // the list was read to its end
}

// count is how many rows match in all: exact where the list was read to its end,
// else as many as are known (0 for none), a lower bound. It costs no request.
func (s scanned[T]) count() (total *int, atLeast int) {
	n := s.given + len(s.items) + s.further
	if s.whole {
		return &n, 0
	}
	return nil, n
}

func (s scanned[T]) next() string {
	if !s.hasMore {
		return ""
	}
	return s.more.encode()
}

// scanPages reads page by page until enough rows are found, the list ends, or
// maxScanPages or the time are used up. A page that fails after rows were found
// ends the scan with these rows: they are worth more than an error.
func scanPages[T any](ctx context.Context, at cursor, sc scan[T]) (scanned[T], error) {
	out := scanned[T]{given: at.Given}
	for n := range maxScanPages {
		if n > 0 && !timeLeft(ctx) {
			break
		}
		page, err := sc.page(ctx, at.Page, sc.pageSize)
		if err != nil {
			if len(out.items) == 0 {
				return out, err
			}
			break
		}
		done := out.take(sc, page, at)
		if done {
			return out, nil
		}
		at = out.behind(at)
		if !page.HasNext {
			out.whole = true
			return out, nil
		}
	}
	out.hasMore, out.more, out.cutOff = true, at, true
	return out, nil
}

// behind is the page after the one at.
func (s *scanned[T]) behind(at cursor) cursor {
	return cursor{Page: at.Page + 1, Query: at.Query, Given: s.given + len(s.items)}
}

// take keeps the matching rows of a page. It reports whether the scan is over:
// enough rows, or nothing more to come. Rows beyond the limit are only counted.
func (s *scanned[T]) take(sc scan[T], page kommo.Page[T], at cursor) (done bool) {
	for i, row := range page.Items {
		if i < at.Skip {
			continue
		}
		if sc.stop != nil && sc.stop(row) {
			s.whole = true
			return true
		}
		fits := sc.keep(row)
		switch {
		case s.hasMore && fits:
			s.further++
		case s.hasMore:
		case !fits:
			s.seen++
			s.dropped++
		case len(s.items) == sc.limit:
			s.seen++
			s.further = 1
			s.hasMore, s.more = true, cursor{Page: at.Page, Skip: i, Query: at.Query, Given: s.given + len(s.items)}
		default:
			s.seen++
			s.items = append(s.items, row)
			s.after = append(s.after, cursor{Page: at.Page, Skip: i + 1, Query: at.Query, Given: s.given + len(s.items)})
		}
	}
	if len(s.items) < sc.limit {
		return false
	}
	s.whole = !page.HasNext
	if page.HasNext && !s.hasMore {
		s.hasMore, s.more = true, s.behind(at)
	}
	return true
}

func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > scanReserve
}
