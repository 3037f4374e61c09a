package directory

import (
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Account is the account as its directory needs it. See "Kommo API facts: account".
type Account struct {
	ID             int64
	Name           string
	Subdomain      string
	Country        string // "US"
	Currency       string // "USD"
	CurrencySymbol string // "$"
	Language       string // may be empty: undocumented
	CurrentUserID  int64  // the user whose token this is: what `me` means
	FiltersOn      bool   // false: Kommo ignores filters on leads, contacts and companies and answers everything
	LossReasonsOn  bool
	AmojoID        string
	DriveURL       string
	Version        int64
	TaskTypes      []TaskType
	Groups         []Group
	zone           *time.Location
}

// Location is the time zone of the account, in which its people read and write times. UTC if Kommo names none.
func (a Account) Location() *time.Location {
	if a.zone == nil {
		return time.UTC
	}
	return a.zone
}

// Today is the date that the account's people see on their calendars at now, at midnight in their zone.
func (a Account) Today(now time.Time) time.Time {
	y, m, d := now.In(a.Location()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, a.Location())
}

// StageKind tells what being in a stage means.
type StageKind string

// The kinds of stages. Won and lost have the same ids in every pipeline.
const (
	StageOpen     StageKind = "open"
	StageIncoming StageKind = "incoming" // not yet accepted leads; Kommo calls it unsorted
	StageWon      StageKind = "won"
	StageLost     StageKind = "lost"
)

// Pipeline is a pipeline with its stages in their order.
type Pipeline struct {
	ID      int64
	Name    string
	Main    bool
	Archive bool
	Stages  []Stage
}

// Stage is a stage of one pipeline. Won and lost share their ids among pipelines: ID alone is no key.
type Stage struct {
	ID           int64
	Name         string
	Kind         StageKind
	PipelineID   int64
	PipelineName string
}

// User is a person who works in the account.
type User struct {
	ID      int64
	Name    string
	Email   string
	GroupID int64
	Group   string // empty if unknown
	Role    string // empty for administrators and where the user's rights are his own
	Active  bool   // false: can no longer sign in; new work should not go there
	Admin   bool
	Free    bool   // may hardly do anything: Kommo's free seat
	Access  string // what he may do with leads, in a word: "everything", "own group", "own", "view only", "nothing"; of an administrator "admin"
}

// Group is a group of users; 0 is the default group.
type Group struct {
	ID   int64
	Name string
}

// TaskType is a kind of task.
type TaskType struct {
	ID   int64
	Name string
	Code string
}

// LossReason is a reason for which a lead was lost.
type LossReason struct {
	ID   int64
	Name string
}

// Entity is a kind of record that has custom fields here: kommo.Leads, kommo.Contacts, kommo.Companies.
type Entity = kommo.Entity

// Field is the definition of a custom field.
type Field struct {
	ID       int64
	Name     string
	Code     string
	Type     kommo.FieldType
	Entity   Entity
	Currency string        // of monetary fields
	Options  []FieldOption // of select, multiselect, radiobutton, category, multitext
	Computed bool          // Kommo computes it: writes are refused
	APIOnly  bool          // people cannot change it in Kommo
}

// FieldOption is one value that a field with a list of values can take. Code is WORK, MOB, … in multitext fields.
type FieldOption struct {
	ID    int64
	Label string
	Code  string
	Path  string // of a category below another: "Panels / Mono"
}

// List is a section that a token may be forbidden to read.
type List[T any] struct {
	Items       []T
	Unavailable string // why Items is empty, in plain words; empty if it could be read
}
