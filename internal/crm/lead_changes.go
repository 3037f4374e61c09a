package crm

import (
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// changeRows words the changes of stage and responsible that a briefing tells of.
func changeRows(events []kommo.Event, names *directory.Snapshot) []ChangeRow {
	out := []ChangeRow{}
	for _, e := range events {
		before, after := firstValue(e.ValuesBefore()), firstValue(e.ValuesAfter())
		var change string
		switch {
		case before.Stage != nil && after.Stage != nil:
			from, to := stagePlaces(*before.Stage, *after.Stage, names)
			change = "stage: " + from + " → " + to
		case before.Responsible != nil && after.Responsible != nil:
			change = "responsible: " + names.UserName(before.Responsible.ID) + " → " + names.UserName(after.Responsible.ID)
		default:
			continue
		}
		out = append(out, ChangeRow{At: moment(e.CreatedAt, names.Account.Location()), By: names.UserName(e.CreatedBy), Change: change})
	}
	return out
}
