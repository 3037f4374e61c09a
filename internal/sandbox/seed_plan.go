package sandbox

import "time"

// seedPlan is the content of a demo account before it has ids: records point at
// each other by index. It keeps what the company is like apart from how the
// resources store it; seed_fill.go knows the latter.
type seedPlan struct {
	now   int64
	today time.Time // midnight in the account's time zone
	dice  dice

	profile     profile
	groups      []string
	roles       []seedRole
	users       []seedUser
	sellers     []int // see seller
	pipelines   []seedPipeline
	lossReasons []string
	taskTypes   []seedTaskType
	fields      map[string][]seedField // by entity
	companies   []seedEntity
	contacts    []seedEntity
	leads       []seedLead
	notes       []seedNote
	tasks       []seedTask
	sources     []seedSource
}

type seedRole struct {
	name  string
	level string // see memberRights
}

type seedUser struct {
	name, email string
	group       int // index into groups
	role        int // index into roles, -1 for none
	admin       bool
	inactive    bool
}

type seedPipeline struct {
	name   string
	stages []string
	main   bool
}

type seedTaskType struct{ name, color string }

type seedSource struct {
	name, externalID string
	pipeline         int
}

// seedField is the definition of one custom field; options are those of lists.
type seedField struct {
	name, code, typ string
	options         []string
	predefined      bool
}

// seedValue is what a record holds of a field, in the form a write has.
type seedValue struct {
	field  string // name of the field
	values []object
}

// one is a field with a single plain value.
func one(field string, v any) seedValue { return seedValue{field, []object{{"value": v}}} }

// several is a field with some of its options.
func several(field string, labels ...string) seedValue {
	v := seedValue{field: field}
	for _, l := range labels {
		v.values = append(v.values, object{"value": l})
	}
	return v
}

// coded is one element of a multitext or address: a value under an enum code.
func coded(field string, pairs ...string) seedValue {
	v := seedValue{field: field}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.values = append(v.values, object{"value": pairs[i+1], "enum_code": pairs[i]})
	}
	return v
}

// seedEntity is a contact or a company.
type seedEntity struct {
	name, first, last string
	responsible       int // index into users
	created, updated  int64
	company           int // of a contact: index into companies, -1 for none
	tags              []string
	values            []seedValue
}

// won and lost stand for the closed stages in seedLead.stage.
const (
	seedWon  = -1
	seedLost = -2
)

type seedLead struct {
	name             string
	price            float64
	pipeline, stage  int // indexes; stage may be seedWon or seedLost
	reached          int // stages passed before closing
	responsible      int
	contacts         []int // the first is the main one
	company          int   // -1 for none
	lossReason       int   // index, used with seedLost
	created, updated int64
	closed           int64
	source           string
	tags             []string
	values           []seedValue
}

type seedNote struct {
	on      seedRef
	typ     string
	params  object
	by      int // index into users, -1 for the robot
	created int64
}

// seedRef points at a lead, contact or company by index.
type seedRef struct {
	entity string
	index  int
}

type seedTask struct {
	on                seedRef
	text, result      string
	typ               int // 0 call, 1 meeting, 2… index into taskTypes + 2
	responsible       int
	created, due      int64
	duration          int64
	done              bool
	completed         int64
	createdBy, closer int
}

const (
	hour = int64(3600)
	day  = 24 * hour
)

// newPlan starts a plan for an account whose clock reads now.
func newPlan(now time.Time, p profile) *seedPlan {
	loc, err := time.LoadLocation(p.timezone)
	if err != nil {
		loc = time.UTC // no time zone data on this machine: days are UTC's
	}
	y, m, d := now.In(loc).Date()
	return &seedPlan{
		now: now.Unix(), today: time.Date(y, m, d, 0, 0, 0, 0, loc),
		dice: dice{state: 20_261}, profile: p, fields: map[string][]seedField{},
	}
}

// at is a time of day, days from today in the account's time zone.
func (p *seedPlan) at(days, hours, minutes int) int64 {
	t := p.today.AddDate(0, 0, days)
	return time.Date(t.Year(), t.Month(), t.Day(), hours, minutes, 0, 0, t.Location()).Unix()
}

// ago is a working hour that many days back, never in the future.
func (p *seedPlan) ago(days int) int64 {
	return min(p.at(-days, 8+p.dice.below(10), p.dice.below(60)), p.now-60*int64(1+p.dice.below(30)))
}

// seller is the index of a user who handles leads.
func (p *seedPlan) seller() int {
	if p.sellers == nil {
		for i, u := range p.users {
			if !u.inactive {
				p.sellers = append(p.sellers, i)
			}
		}
	}
	return pick(&p.dice, p.sellers)
}

// open tells whether the lead is neither won nor lost.
func (l *seedLead) open() bool { return l.stage >= 0 }
