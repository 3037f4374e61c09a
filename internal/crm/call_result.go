package crm

// What became of a call.
const (
	CallLogged      = "logged"       // written, see Written and Warnings
	CallQueued      = "queued"       // Kommo cannot take it now: it is kept and written later
	CallRepeat      = "repeat"       // logged before, this delivery brings nothing new; nothing was written now
	CallMerged      = "merged"       // logged before; what this delivery brought anew was added
	CallNeedsChoice = "needs_choice" // several cards fit; nothing was written
	CallRejected    = "rejected"     // no card may be made for this caller; nothing was written
)

// CallResult says what became of a call. ID is that of the call's note; URL is
// the card it is on.
type CallResult struct {
	Status     string          `json:"status"`
	ID         int64           `json:"id,omitzero"`
	URL        string          `json:"url,omitempty"`
	Card       Record          `json:"card,omitzero"`
	Why        string          `json:"why,omitempty"`        // why this card, or none
	Candidates []CallCandidate `json:"candidates,omitempty"` // with needs_choice
	Before     CallStage       `json:"before,omitzero"`      // with After, if the stage was moved
	After      CallStage       `json:"after,omitzero"`
	Created    []Record        `json:"created"`
	Found      []Record        `json:"found"`
	Written    []string        `json:"written"`
	Skipped    []string        `json:"skipped,omitempty"`  // what was asked for and does not apply, with the reason
	Warnings   []string        `json:"warnings,omitempty"` // what failed after the call was on the card, and how to repair it
	LookedUp   bool            `json:"looked_up,omitempty"`
	PendingID  int64           `json:"pending_id,omitempty"`  // of what waits: with queued, or the rest of a logged call
	Reason     string          `json:"reason,omitempty"`      // why it waits
	NextTryAt  string          `json:"next_try_at,omitempty"` // RFC 3339 in the account's zone
}

// CallCandidate is a card that the call may belong on.
type CallCandidate struct {
	Kind   string `json:"kind"`
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
}

// CallStage is where a lead stands, in the account's own words.
type CallStage struct {
	Stage    string `json:"stage,omitempty"`
	Pipeline string `json:"pipeline,omitempty"`
}

// unwritten carries an answer that wrote nothing through once, which must not
// remember it: the same call comes again with a choice made.
type unwritten struct{ result CallResult }

// Error is the reason. It is never shown: LogCall turns it into the answer.
func (u *unwritten) Error() string { return u.result.Status + ": " + u.result.Why }

func refusedCall(why string) error {
	return &unwritten{CallResult{Status: CallRejected, Why: why, Created: []Record{}, Found: []Record{}, Written: []string{}}}
}

func undecidedCall(why string, candidates []CallCandidate) error {
	const most = 10
	return &unwritten{CallResult{
		Status: CallNeedsChoice, Why: why, Candidates: candidates[:min(len(candidates), most)],
		Created: []Record{}, Found: []Record{}, Written: []string{},
	}}
}
