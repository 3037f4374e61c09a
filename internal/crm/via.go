package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Via says by whose rights a service acts in its account. It is kept with each call
// that is delivered later, so that nobody's call is written with more rights than
// who brought it had. The zero Via is not known: of calls that were kept by earlier
// versions.
type Via struct {
	By   string `json:"by,omitempty"`   // ViaToken or ViaGrant
	User int64  `json:"user,omitempty"` // of Kommo, as whom it acts; 0: whoever gave the token or grant
}

// What a service shows to Kommo.
const (
	ViaToken = "token" // that is set for this server
	ViaGrant = "grant" // of the account, to our integration
)

// Deputy finds the service of the same account that acts by other rights. Its error
// says why there is none now.
type Deputy func(ctx context.Context, v Via) (*Service, error)

// WithVia says by whose rights the service acts, and where those are found that act
// by others.
func WithVia(v Via, others Deputy) Option {
	return func(s *settings) { s.via, s.deputy = v, others }
}

type viaKey struct{}

// acceptedVia is by whose rights a call is accepted: of what a platform has sent, by
// those of whom it was taken from.
func (s *Service) acceptedVia(ctx context.Context) Via {
	if v, ok := ctx.Value(viaKey{}).(Via); ok && v != (Via{}) {
		return v
	}
	return s.via
}

// acting is the service that writes a call which was accepted by v.
func (s *Service) acting(ctx context.Context, v Via) (*Service, error) {
	if v == (Via{}) || v == s.via || s.deputy == nil {
		return s, nil
	}
	other, err := s.deputy(ctx, v)
	if err != nil {
		return nil, err
	}
	if other.Shared != s.Shared {
		return nil, errors.New("the service of other rights is of another account")
	}
	return other, nil
}

// concerns tells whether a job of the outbox may be shown to whom this service serves:
// who acts as one user of the account sees what was accepted for that user, since
// others may have called about cards that this one may not see.
func (s *Service) concerns(op store.Op) bool {
	if s.via.User == 0 {
		return true
	}
	var kept struct {
		Via Via `json:"via"`
	}
	return json.Unmarshal(op.Body, &kept) == nil && kept.Via.User == s.via.User
}

// unavailable is how a call waits whose rights are not to be had now.
func (s *Service) unavailable(err error) *postponed {
	reason := "those for whom the call was accepted cannot act now"
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		reason = fmt.Sprintf("%s: %s", reason, p.Message)
	}
	return &postponed{at: s.clock.Now().Add(mostTry), reason: reason}
}
