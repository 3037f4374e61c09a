package crm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// numbers is a list of n numbers in pages.
func numbers(n int, asked *int) func(context.Context, int, int) (kommo.Page[int], error) {
	return func(_ context.Context, page, size int) (kommo.Page[int], error) {
		*asked++
		var out kommo.Page[int]
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			out.Items = append(out.Items, i)
		}
		out.HasNext = page*size < n
		return out, nil
	}
}

func TestScanStopsAfterEightPagesAndSaysSo(t *testing.T) {
	asked := 0
	sc := scan[int]{limit: 5, pageSize: 10, page: numbers(1000, &asked), keep: func(n int) bool { return n == 3 || n == 500 }}
	got, err := scanPages(t.Context(), cursor{Page: 1}, sc)
	if err != nil || asked != maxScanPages || !got.cutOff || !got.hasMore || len(got.items) != 1 || got.seen != 80 {
		t.Fatalf("%+v, %v after %d pages", got, err, asked)
	}
	for got.hasMore && len(got.items) < 2 {
		next, err := scanPages(t.Context(), got.more, sc)
		if err != nil {
			t.Fatal(err)
		}
		next.items = append(got.items, next.items...)
		got = next
	}
	if len(got.items) != 2 || got.items[1] != 500 {
		t.Errorf("found %v", got.items)
	}
}

func TestScanKeepsWhatItFoundBeforeAFailure(t *testing.T) {
	asked, failure := 0, errors.New("gone")
	good := numbers(100, &asked)
	sc := scan[int]{limit: 50, pageSize: 10, keep: func(int) bool { return true }, page: func(ctx context.Context, page, size int) (kommo.Page[int], error) {
		if page == 3 {
			return kommo.Page[int]{}, failure
		}
		return good(ctx, page, size)
	}}
	got, err := scanPages(t.Context(), cursor{Page: 1}, sc)
	if err != nil || len(got.items) != 20 || !got.hasMore || got.more.Page != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = scanPages(t.Context(), got.more, sc); !errors.Is(err, failure) {
		t.Errorf("a failure with nothing found is %v", err)
	}
}

func TestScanLeavesTimeForTheRestOfTheCall(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), scanReserve-time.Second)
	defer cancel()
	asked := 0
	got, err := scanPages(ctx, cursor{Page: 1}, scan[int]{limit: 5, pageSize: 10, page: numbers(100, &asked), keep: func(int) bool { return false }})
	if err != nil || asked != 1 || !got.cutOff {
		t.Errorf("%+v, %v after %d pages", got, err, asked)
	}
}

func TestScanEndsWhereTheSpanEnds(t *testing.T) {
	asked := 0
	got, err := scanPages(t.Context(), cursor{Page: 1}, scan[int]{
		limit: 50, pageSize: 10, page: numbers(100, &asked), keep: func(int) bool { return true }, stop: func(n int) bool { return n >= 12 },
	})
	if err != nil || len(got.items) != 12 || got.hasMore || asked != 2 {
		t.Errorf("%+v, %v after %d pages", got, err, asked)
	}
}

func TestLeadRowStaysWithinItsBudget(t *testing.T) {
	long := strings.Repeat("Установка солнечных панелей ", 20)
	row := LeadRow{
		ID: 9_007_199_254_740_993, URL: "https://a-rather-long-subdomain.kommo.com/leads/detail/9007199254740993", Name: short(long, longName),
		Price: 1_234_567.89, Pipeline: short(long, longWord), Stage: short(long, longWord), Responsible: short(long, longWord),
		UpdatedAt: "2026-11-21T04:24:07-05:00", NextTaskAt: "2026-11-21T04:24:07-05:00", Tags: []string{long, long},
	}.fitted()
	if row.bytes() > maxRowBytes {
		t.Errorf("%d bytes: %+v", row.bytes(), row)
	}
	if row.Name == "" || row.Stage == "" || row.Responsible == "" || row.Tags != nil {
		t.Errorf("%+v", row)
	}
	small := LeadRow{ID: 1, Name: "Roof", Tags: []string{"hot"}}
	if got := small.fitted(); len(got.Tags) != 1 || got.Name != "Roof" {
		t.Errorf("%+v", got)
	}
}
