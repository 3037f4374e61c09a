package kommo

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Range bounds a time or a number. Kommo takes both ends as inclusive. Nil is
// open.
type Range struct{ From, To *int64 }

// Between is the range of two times, to included; a zero time is open.
func Between(from, to time.Time) Range {
	var r Range
	if !from.IsZero() {
		r.From = new(from.Unix())
	}
	if !to.IsZero() {
		r.To = new(to.Unix())
	}
	return r
}

func (r Range) into(q url.Values, name string) {
	if r.From != nil {
		q.Set("filter["+name+"][from]", strconv.FormatInt(*r.From, 10))
	}
	if r.To != nil {
		q.Set("filter["+name+"][to]", strconv.FormatInt(*r.To, 10))
	}
}

// StagePair names a stage. Both ids are needed: won and lost have the same id
// in every pipeline.
type StagePair struct{ PipelineID, StatusID int64 }

// Order sorts a list. Kommo ignores fields it cannot sort by; effective ones:
// leads id, updated_at, created_at; contacts and companies id, updated_at,
// name; tasks id, created_at, complete_till; notes id, updated_at.
type Order struct {
	By   string
	Desc bool
}

func (o Order) into(q url.Values) {
	if o.By == "" {
		return
	}
	direction := "asc"
	if o.Desc {
		direction = "desc"
	}
	q.Set("order["+o.By+"]", direction)
}

// FieldFilter selects records by a custom field: values for texts, numbers,
// urls and option ids (checkbox: 1 or 0), a range for dates and numbers.
type FieldFilter struct {
	FieldID int64
	Values  []string
	Range   Range
}

// CardFilter are the filters that leads, contacts and companies share. Where
// an account has filtering switched off Kommo ignores all of them.
type CardFilter struct {
	Query        string
	IDs          []int64
	Names        []string
	Responsible  []int64
	CreatedBy    []int64
	UpdatedBy    []int64
	CreatedAt    Range
	UpdatedAt    Range
	ClosestTask  Range
	CustomFields []FieldFilter
	With         []string
	Order        Order
}

func (f CardFilter) into(q url.Values) {
	if f.Query != "" {
		q.Set("query", f.Query)
	}
	if len(f.With) > 0 {
		q.Set("with", strings.Join(f.With, ","))
	}
	setIDs(q, "id", f.IDs)
	setTexts(q, "name", f.Names)
	setIDs(q, "responsible_user_id", f.Responsible)
	setIDs(q, "created_by", f.CreatedBy)
	setIDs(q, "updated_by", f.UpdatedBy)
	f.CreatedAt.into(q, "created_at")
	f.UpdatedAt.into(q, "updated_at")
	f.ClosestTask.into(q, "closest_task_at")
	for _, c := range f.CustomFields {
		name := fmt.Sprintf("custom_fields_values][%d", c.FieldID)
		setTexts(q, name, c.Values)
		c.Range.into(q, name)
	}
	f.Order.into(q)
}

func setIDs(q url.Values, name string, ids []int64) {
	for i, id := range ids {
		q.Set(fmt.Sprintf("filter[%s][%d]", name, i), strconv.FormatInt(id, 10))
	}
}

func setTexts(q url.Values, name string, values []string) {
	for i, v := range values {
		q.Set(fmt.Sprintf("filter[%s][%d]", name, i), v)
	}
}

func setStages(q url.Values, name string, stages []StagePair) {
	for i, s := range stages {
		key := fmt.Sprintf("filter[%s][%d]", name, i)
		q.Set(key+"[pipeline_id]", strconv.FormatInt(s.PipelineID, 10))
		q.Set(key+"[status_id]", strconv.FormatInt(s.StatusID, 10))
	}
}

// flag is a yes or no as queries write it.
func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// cardsWithoutKind refuses a filter that Kommo would ignore.
func cardsWithoutKind(op string) error {
	return &Error{Code: CodeInvalid, Op: op, Message: "ids of cards need the kind of the cards"}
}

// entityPath is the path of something below a kind of card: "/leads/notes".
func entityPath(of Entity, rest string) string { return "/" + string(of) + "/" + rest }

// cardPath is the path of something below one card: "/leads/5/notes".
func cardPath(of Entity, id int64, rest string) string {
	return idPath("/"+string(of), id) + "/" + rest
}

func idPath(path string, id int64) string { return path + "/" + strconv.FormatInt(id, 10) }

func withQuery(with []string) url.Values {
	q := url.Values{}
	if len(with) > 0 {
		q.Set("with", strings.Join(with, ","))
	}
	return q
}
