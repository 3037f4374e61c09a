package kommo

import "encoding/json"

// EventValue is a value before or after an event. The one member that fits the
// type of the event is set; Raw is the whole, for types whose form is not known
// (Kommo API facts: events).
type EventValue struct {
	Stage         *StageValue  `json:"lead_status"`
	CustomerStage *Ref         `json:"customer_status"`
	Responsible   *Ref         `json:"responsible_user"`
	Note          *Ref         `json:"note"`
	Tag           *Named       `json:"tag"`
	Link          *LinkedValue `json:"link"`
	Unlink        *LinkedValue `json:"unlink"`
	Task          *TextValue   `json:"task"`
	TaskType      *Ref         `json:"task_type"`
	TaskDeadline  *TimeValue   `json:"task_deadline"`
	Field         *FieldChange `json:"custom_field_value"`
	NPS           *RateValue   `json:"nps"`
	Message       *TextRef     `json:"message"`
	Helpbot       *Ref         `json:"helpbot"`
	Transaction   *Ref         `json:"transaction"`
	Name          *Named       `json:"name_field_value"` // of name_field_changed
	Sale          *SaleValue   `json:"sale_field_value"` // of sale_field_changed

	Raw json.RawMessage `json:"-"`
}

// Ref names a record by its id.
type Ref struct {
	ID int64 `json:"id"`
}

// TextRef names a record whose id is text.
type TextRef struct {
	ID string `json:"id"`
}

// StageValue is a stage of a pipeline.
type StageValue struct {
	ID         int64 `json:"id"`
	PipelineID int64 `json:"pipeline_id"`
}

// LinkedValue is the other end of a link. Its type is singular: contact.
type LinkedValue struct {
	Entity struct {
		ID   int64  `json:"id"`
		Type string `json:"type"`
	} `json:"entity"`
}

// TextValue is a text.
type TextValue struct {
	Text string `json:"text"`
}

// TimeValue is a point in time.
type TimeValue struct {
	At Unix `json:"timestamp"`
}

// SaleValue is the price of a lead.
type SaleValue struct {
	Sale Decimal `json:"sale"`
}

// RateValue is a rating.
type RateValue struct {
	Rate Int `json:"rate"`
}

// FieldChange is the value of a custom field. Its type is a number that the
// documentation does not explain: read the definition.
type FieldChange struct {
	FieldID   int64  `json:"field_id"`
	FieldType Int    `json:"field_type"`
	EnumID    *int64 `json:"enum_id"`
	Text      string `json:"text"`
}

// eventValues decodes values one by one: a form that is not known costs its
// own members only, and Raw keeps it.
func eventValues(all []json.RawMessage) []EventValue {
	out := make([]EventValue, 0, len(all))
	for _, raw := range all {
		var v EventValue
		if unmarshal(raw, &v) != nil {
			v = EventValue{}
		}
		v.Raw = raw
		out = append(out, v)
	}
	return out
}
