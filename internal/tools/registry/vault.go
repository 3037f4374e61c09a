package registry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	tokenLife  = 10 * time.Minute
	tokenID    = 8
	tokenMAC   = 16
	tokenHead  = 1 + 4 + tokenID // purpose, expiry, id
	mostTokens = 500             // plans of an account kept at a time, the oldest goes: each holds thousands of leads at most
	mostPlans  = 20 * mostTokens // of all accounts; then the one that has the most loses its oldest
)

// purpose keeps what a person has to answer apart from what the caller may send back alone.
type purpose byte

const (
	forPerson purpose = 'p' // requestState of an elicitation
	forCaller purpose = 'c' // confirm_token of a preview, continue_token of a job that ran out of time
)

// binding is what a token is good for, beside its tool: these arguments of this principal. Plans are counted
// by the account, so that none pushes those of another out.
type binding struct {
	digest    [sha256.Size]byte
	principal string
	account   string
}

func newBinding(args map[string]any, principal, account string) (binding, error) {
	raw, err := encode(args) // keys are sorted
	if err != nil {
		return binding{}, fmt.Errorf("digest of the arguments: %w", err)
	}
	return binding{digest: sha256.Sum256(raw), principal: principal, account: account}, nil
}

// vault keeps plans until they are redeemed. A token is sealed: it names the plan, its purpose and its end,
// with an HMAC over these, the tool, the arguments and the principal. The plan itself, the exact list of
// records, never leaves the process; that also makes a token work once.
type vault[Plan any] struct {
	tool string
	key  [32]byte

	mu      sync.Mutex
	shelves map[string]*shelf[Plan] // by account; none is empty
	total   int
}

func newVault[Plan any](tool string) *vault[Plan] {
	v := &vault[Plan]{tool: tool, shelves: map[string]*shelf[Plan]{}}
	_, _ = rand.Read(v.key[:]) // never fails: it would crash the program
	return v
}

// issue keeps a plan and returns the token for it.
func (v *vault[Plan]) issue(use purpose, now time.Time, who binding, plan Plan) (token string, until time.Time) {
	until = now.Add(tokenLife).Truncate(time.Second)
	var id [tokenID]byte
	_, _ = rand.Read(id[:])
	v.mu.Lock()
	defer v.mu.Unlock()
	v.prune(now, who.account)
	v.put(who.account, id, kept[Plan]{plan, until})
	head := binary.BigEndian.AppendUint32([]byte{byte(use)}, uint32(until.Unix()))
	head = append(head, id[:]...)
	return base64.RawURLEncoding.EncodeToString(append(head, v.mac(head, who)...)), until
}

// redeem gives the plan out, once. Nothing is taken from a token that does not hold in every respect.
func (v *vault[Plan]) redeem(use purpose, now time.Time, who binding, token string) (plan Plan, err error) {
	id, until, ok := v.open(use, token, who)
	switch {
	case !ok:
		return plan, refusedToken(use, "does not belong to this call: it was given for other arguments, or not by this server")
	case !now.Before(until):
		return plan, refusedToken(use, "has expired")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok := v.take(who.account, id)
	if !ok {
		return plan, refusedToken(use, "was used already")
	}
	return k.plan, nil
}

// giveBack keeps a plan under the token that was redeemed for it, until the token's own end: its caller went
// away before the answer.
func (v *vault[Plan]) giveBack(use purpose, who binding, token string, plan Plan) {
	id, until, ok := v.open(use, token, who)
	if !ok {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(who.account, id, kept[Plan]{plan, until})
}

// burn makes a token useless without carrying its plan out.
func (v *vault[Plan]) burn(use purpose, token string, who binding) {
	if id, _, ok := v.open(use, token, who); ok {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.take(who.account, id)
	}
}

// open checks the seal.
func (v *vault[Plan]) open(use purpose, token string, who binding) (id [tokenID]byte, until time.Time, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenHead+tokenMAC {
		return id, until, false
	}
	head, mac := raw[:tokenHead], raw[tokenHead:]
	if purpose(head[0]) != use || !hmac.Equal(mac, v.mac(head, who)) {
		return id, until, false
	}
	copy(id[:], head[5:])
	return id, time.Unix(int64(binary.BigEndian.Uint32(head[1:5])), 0), true
}

func (v *vault[Plan]) mac(head []byte, who binding) []byte {
	h := hmac.New(sha256.New, v.key[:])
	h.Write(head)
	h.Write(who.digest[:])
	fmt.Fprintf(h, "%d:%s%s", len(v.tool), v.tool, who.principal)
	return h.Sum(nil)[:tokenMAC]
}

func refusedToken(use purpose, why string) error {
	if use == forPerson {
		return problem.New(problem.InvalidArgument, "The confirmation "+why+"; nothing was written.").
			WithNext("Call the tool again; the person is asked anew.")
	}
	return problem.Invalid(tokenArgument, "The token "+why+"; nothing was written.").
		WithNext("Repeat exactly the arguments of the preview with its token, or call without confirm_token for a new preview.")
}
