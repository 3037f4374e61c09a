package crm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// CallKind is the kind of job under which calls are kept.
const CallKind = "call"

// callRecord is what is kept of a call: what it is, how far it got, and what was
// answered first.
type callRecord struct {
	Call     Call                 `json:"call"`         // as delivered, later deliveries merged in
	Accepted time.Time            `json:"accepted"`     // from here "tomorrow" is read, however late it is written
	By       string               `json:"by,omitempty"` // who brought it, for the audit log
	Via      Via                  `json:"via,omitzero"` // by whose rights it is written
	Uniq     string               `json:"uniq"`         // by it the call's note is found again
	Card     *keptCard            `json:"card,omitempty"`
	Steps    map[string]*callStep `json:"steps,omitempty"`
	Notes    *keptNotes           `json:"notes,omitempty"`
	Sent     *keptNotes           `json:"sent,omitempty"` // notes that were sent and may be in Kommo, without ids
	More     *moreTexts           `json:"more,omitempty"` // notes of a later delivery that were sent and may be in Kommo
	Applied  applied              `json:"applied,omitzero"`
	Answer   *CallResult          `json:"answer,omitempty"`
}

// keptCard is the card that was chosen or made.
type keptCard struct {
	Kind        string   `json:"kind"`
	ID          int64    `json:"id"`
	Name        string   `json:"name,omitempty"`
	Responsible int64    `json:"responsible,omitempty"`
	Why         string   `json:"why"`
	Created     []Record `json:"created,omitempty"`
	Found       []Record `json:"found,omitempty"`
	Warnings    []string `json:"warnings,omitempty"`
	LookedUp    bool     `json:"looked_up,omitempty"`
}

// keptNotes are the call's notes as they were last written.
type keptNotes struct {
	Call       int64            `json:"call"` // id of the call note
	Params     kommo.CallParams `json:"params"`
	Summary    []keptText       `json:"summary"`
	Transcript []keptText       `json:"transcript,omitempty"`
}

type keptText struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
}

// applied is what was changed on the lead, so that no later delivery does it again.
type applied struct {
	Fields []string `json:"fields,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	Stage  bool     `json:"stage,omitempty"`
}

// The steps of writing a call.
const (
	stepCard   = "card"   // makes the card of an unknown caller
	stepNotes  = "notes"  // call, summary and transcript: together they are the logged call
	stepUpdate = "update" // rewrites notes after a delivery that brought more
	stepMore   = "more"   // notes that such a delivery adds
	stepTask   = "task"
	stepChange = "change" // stage, fields and tags of the lead
)

// callStep is what is known of one step. It is kept before its request is sent,
// so that after a crash it is looked up and not sent blindly again.
type callStep struct {
	Done     bool      `json:"done,omitempty"`
	First    time.Time `json:"first,omitzero"` // when it was first sent
	Sent     time.Time `json:"sent,omitzero"`  // when it was last sent
	Answered bool      `json:"answered,omitempty"`

	Written  []string  `json:"written,omitempty"`
	Created  []Record  `json:"created,omitempty"`
	Warning  string    `json:"warning,omitempty"`
	Before   CallStage `json:"before,omitzero"`
	After    CallStage `json:"after,omitzero"`
	LookedUp bool      `json:"looked_up,omitempty"`
}

// doubtful tells a step that was sent and of which nobody knows what became.
func (s *callStep) doubtful() bool { return s != nil && !s.Done && !s.Sent.IsZero() }

func (s *callStep) finished() bool { return s != nil && s.Done }

func readRecord(body []byte) (*callRecord, error) {
	var rec callRecord
	if err := json.Unmarshal(body, &rec); err != nil {
		return nil, stateFailed(fmt.Errorf("a stored call cannot be read: %w", err))
	}
	if rec.Steps == nil {
		rec.Steps = map[string]*callStep{}
	}
	return &rec, nil
}

// wroteAnything tells whether the call has left something in Kommo, or may have.
func (r *callRecord) wroteAnything() bool {
	for _, step := range r.Steps {
		if step.Done || step.doubtful() {
			return true
		}
	}
	return false
}

// key is by what a repeat of the call is recognized: the platform's id, else what
// makes a call this one: number, start and summary.
func (c Call) key() string {
	if id := strings.TrimSpace(c.CallID); id != "" {
		return id
	}
	start := strings.TrimSpace(c.StartedAt)
	if at, err := time.Parse(time.RFC3339, start); err == nil {
		start = at.UTC().Format(time.RFC3339)
	}
	line := phone.Parse(c.Phone, "").Last10
	if line == "" {
		line = cmp.Or(strings.TrimSpace(c.Phone), fmt.Sprintf("lead %d", c.LeadID))
	}
	return "digest " + shortHash(line+"\x00"+start+"\x00"+trimmedText(c.Summary))
}

// uniq is what the call's note carries to be found again.
func (c Call) uniq(key string) string {
	if id := strings.TrimSpace(c.CallID); id != "" {
		return id
	}
	return shortHash(key)
}

// line is whose calls are logged one after the other.
func (c Call) line() string {
	if c.LeadID != 0 {
		return fmt.Sprintf("lead %d", c.LeadID)
	}
	if keys := personKeys(c.Phone, ""); len(keys) > 0 {
		return keys[0]
	}
	return ""
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:13])
}
