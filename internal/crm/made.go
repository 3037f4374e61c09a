package crm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// Made is the answer of a create.
type Made struct {
	ID       int64    `json:"id"`
	URL      string   `json:"url"`
	Created  []Record `json:"created"`
	Found    []Record `json:"found"`               // existing records that were used
	LookedUp bool     `json:"looked_up,omitempty"` // the answer was lost, the record was found by searching
	Repeat   bool     `json:"repeat,omitempty"`    // done by an earlier call with the same idempotency_key
	Warnings []string `json:"warnings,omitempty"`
}

// clockSkew is how far Kommo's clock may be behind ours when a look-up judges
// whether a record is new.
const clockSkew = time.Minute

// newestRows is how many of the newest records a look-up reads.
const newestRows = 50

// newest selects the newest records: filters are not relied on, since an account
// may have them off, and then Kommo ignores them silently.
var newest = kommo.Order{By: "id", Desc: true}

// isOurs tells whether a record that equals the one that was sent was made since,
// and claims it.
func (s *Service) isOurs(ctx context.Context, kind string, id int64, created kommo.Unix, sent time.Time) bool {
	return !created.Time().Before(sent.Add(-clockSkew)) && s.took(ctx, kind, id)
}

// withNames does what resolves names and sends a request once, and once more
// with fresh names if Kommo refused an id that the directory gave: a 400 wrote
// nothing.
func withNames[T any](ctx context.Context, s *Service, do func(context.Context) (T, error)) (T, error) {
	out, err := do(ctx)
	if err != nil && s.names.InvalidateFor(err) {
		return do(ctx)
	}
	return out, err
}

// dates reads the dates of custom fields as the account's people write them.
func (s *Service) dates(ctx context.Context) (directory.ParseDate, error) {
	account, err := s.names.Account(ctx)
	if err != nil {
		return nil, err
	}
	return func(text string) (time.Time, bool, error) {
		m, err := when.Parse(text, account.Location(), s.clock.Now())
		return m.Time, m.DateOnly, err
	}, nil
}

// fieldWrites turns plain values into writes; none is nil.
func (s *Service) fieldWrites(ctx context.Context, of kommo.Entity, plain map[string]any) ([]kommo.FieldValueWrite, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	parse, err := s.dates(ctx)
	if err != nil {
		return nil, err
	}
	return s.names.FieldWrites(ctx, of, plain, parse)
}

// responsible resolves the user who becomes responsible; nobody for empty text.
// A user who can no longer sign in is taken, with a warning.
func (s *Service) responsible(ctx context.Context, nameOrID string) (user directory.User, warning string, err error) {
	if strings.TrimSpace(nameOrID) == "" {
		return user, "", nil
	}
	user, err = s.names.User(ctx, nameOrID)
	if err == nil && !user.Active && user.Name != "" {
		warning = user.Name + " can no longer sign in to Kommo; choose another responsible if somebody is to see it."
	}
	return user, warning, err
}

// needText refuses a text that is empty.
func needText(argument, text string) error {
	if strings.TrimSpace(text) != "" {
		return nil
	}
	return problem.Invalid(argument, "The argument "+argument+" is empty.").WithNext("Say it in a sentence.")
}

// sameText compares texts as Kommo may have stored them: spaces at the ends and
// kinds of line breaks do not count.
func sameText(a, b string) bool { return trimmedText(a) == trimmedText(b) }

func trimmedText(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// warned appends a warning unless it is empty.
func warned(warnings []string, warning string) []string {
	if warning == "" {
		return warnings
	}
	return append(warnings, warning)
}

// idOf is an id that may be missing; 0 is none.
func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// said is what a failure says to people, for a warning: no operation, no status. Why
// there is no token is told by who should have had one, inside of the client's error.
func said(err error) string {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return strings.TrimSuffix(p.Message, ".")
	}
	if e, ok := errors.AsType[*kommo.Error](err); ok {
		return e.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "time ran out"
	}
	return "it did not work"
}
