package crm

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// moment writes a time of Kommo in the account's zone; empty for none.
func moment(u kommo.Unix, zone *time.Location) string {
	if u == 0 {
		return ""
	}
	return when.Format(u.Time(), zone)
}

// rangeOf reads a range that came as an argument; empty text is no range.
func rangeOf(field, text string, zone *time.Location, now time.Time) (when.Range, error) {
	if strings.TrimSpace(text) == "" {
		return when.Range{}, nil
	}
	r, err := when.ParseRange(text, zone, now)
	if err != nil {
		return r, badTime(field, err)
	}
	return r, nil
}

// badTime explains a date or range that cannot be read.
func badTime(field string, err error) error {
	if e, ok := errors.AsType[*when.Error](err); ok {
		return problem.Invalid(field, e.Message).WithNext("Example: " + e.Example + ".").Wrap(err)
	}
	return problem.Invalid(field, "the time cannot be read").Wrap(err)
}

// isOpen tells a range without ends, which lets everything pass.
func isOpen(r when.Range) bool { return r.From.IsZero() && r.To.IsZero() }

// kommoRange is the range as Kommo's filters take it.
func kommoRange(r when.Range) kommo.Range {
	var out kommo.Range
	from, to := r.Inclusive()
	if !r.From.IsZero() {
		out.From = &from
	}
	if !r.To.IsZero() {
		out.To = &to
	}
	return out
}

// tagNames lists the names of tags.
func tagNames(tags []kommo.Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, t.Name)
	}
	return out
}

// notFound explains a record that does not exist, or that the token's user may
// not see: Kommo does not tell them apart.
func notFound(field, kind string, err error, search string) error {
	if err == nil || !errors.Is(err, kommo.ErrNotFound) {
		return err
	}
	return problem.Missing(field, "There is no "+kind+" with this id, or this token may not see it.").
		WithNext("Look for it with " + search + ", or check the number in the card's link.").Wrap(err)
}

func containsFold(list []string, text string) bool {
	return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(strings.TrimSpace(t), strings.TrimSpace(text)) })
}
