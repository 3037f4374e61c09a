package crm

import (
	"encoding/json"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// The events that a briefing tells of.
const (
	eventStage       = "lead_status_changed"
	eventResponsible = "entity_responsible_changed"
)

// eventValue is the part of an event's value that the briefing reads.
type eventValue struct {
	Status      *statusValue  `json:"lead_status"`
	Responsible *kommo.Linked `json:"responsible_user"`
}

type statusValue struct {
	ID         int64 `json:"id"`
	PipelineID int64 `json:"pipeline_id"`
}

func changeRows(events []kommo.Event, names *directory.Snapshot) []ChangeRow {
	out := []ChangeRow{}
	for _, e := range events {
		before, after := valueOf(e.Before), valueOf(e.After)
		var change string
		switch {
		case before.Status != nil && after.Status != nil:
			change = "stage: " + stageChange(*before.Status, *after.Status, names)
		case before.Responsible != nil && after.Responsible != nil:
			change = "responsible: " + names.UserName(before.Responsible.ID) + " → " + names.UserName(after.Responsible.ID)
		default:
			continue
		}
		out = append(out, ChangeRow{At: moment(e.CreatedAt, names.Account.Location()), By: names.UserName(e.CreatedBy), Change: change})
	}
	return out
}

func valueOf(values []json.RawMessage) (v eventValue) {
	if len(values) > 0 && json.Unmarshal(values[0], &v) != nil {
		return eventValue{}
	}
	return v
}

func stageChange(from, to statusValue, names *directory.Snapshot) string {
	a, b := names.StageName(from.PipelineID, from.ID), names.StageName(to.PipelineID, to.ID)
	if from.PipelineID != to.PipelineID {
		a = names.PipelineName(from.PipelineID) + " / " + a
		b = names.PipelineName(to.PipelineID) + " / " + b
	}
	return a + " → " + b
}
