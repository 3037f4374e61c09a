package main

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

func cardCases() []fixture {
	return append(leadCases(), append(peopleCases(), timelineCases()...)...)
}

func leadCases() []fixture {
	list := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Leads.List(ctx, kommo.LeadFilter{}))
	}
	one := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Leads.Get(ctx, 1) }
	made := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Leads.Create(ctx, []kommo.LeadWrite{{Name: "Roof job"}})
	}
	changed := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Leads.UpdateMany(ctx, []kommo.LeadWrite{{ID: 1, Name: "Roof job"}})
	}
	complexLead := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Leads.CreateComplex(ctx, []kommo.ComplexLead{{Name: "Roof job"}})
	}
	newLead := []object{{"name": "Roof job", "price": 1000}}
	return []fixture{
		{file: "leads/amotop-list-1.json", key: "leads", decode: list, ask: get("/leads?page=1&limit=20")},
		{file: "leads/fast_api-page.json", key: "leads", decode: list, ask: get("/leads?page=1&limit=250&order=created_at")},
		{file: "leads/gormonn.json", key: "leads", decode: list, ask: get("/leads?page=1&limit=250")},
		{file: "leads/fast_api-lead.json", decode: one, ask: get("/leads?page=1&limit=250")},
		{file: "leads/amotop-add-1.json", key: "leads", decode: made, ask: send("POST", "/leads", newLead)},
		{file: "leads/kommo-post-leads.json", key: "leads", decode: made, ask: send("POST", "/leads", newLead)},
		{file: "leads/complex-create.json", decode: complexLead, ask: send("POST", "/leads/complex", []object{{"name": "Roof job", "_embedded": object{"contacts": []object{{"first_name": "Pat"}}}}})},
		{file: "leads/edu-update_lead-response-6237.json", key: "leads", decode: changed, ask: send("PATCH", "/leads", []object{{"id": "{lead}", "price": 5}})},
	}
}

func peopleCases() []fixture {
	list := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Contacts.List(ctx, kommo.CardListFilter{}))
	}
	made := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Contacts.Create(ctx, []kommo.ContactWrite{{Name: "Pat"}})
	}
	changed := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Contacts.UpdateMany(ctx, []kommo.ContactWrite{{ID: 1, Name: "Pat"}})
	}
	links := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Links.List(ctx, kommo.Leads, 1) }
	return []fixture{
		{file: "contacts/swiss_medica_dev.json", key: "contacts", bare: true, decode: list, ask: get("/contacts?with=customers&limit=250")},
		{file: "contacts/edu-customer-create_contact-2c05.json", key: "contacts", decode: made, ask: send("POST", "/contacts", []object{{"name": "Pat Example"}})},
		{file: "contacts/edu-update_contact-response-1beb.json", key: "contacts", decode: changed, ask: send("PATCH", "/contacts", []object{{"id": "{contact}", "name": "Pat Example"}})},
		{file: "links/edu-link_entity_to_another_entity-response-0f6f.json", key: "links", decode: links, ask: send("POST", "/customers/{customer}/link", []object{{"to_entity_id": "{contact}", "to_entity_type": "contacts"}})},
	}
}

func timelineCases() []fixture {
	notes := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Notes.List(ctx, kommo.Leads, kommo.NoteFilter{}))
	}
	note := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Notes.Create(ctx, kommo.Leads, []kommo.NoteWrite{{EntityID: 1, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: "x"}}})
	}
	tasks := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Tasks.List(ctx, kommo.TaskFilter{}))
	}
	task := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Tasks.Create(ctx, []kommo.TaskWrite{{Text: "x", Deadline: 1}})
	}
	events := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Events.List(ctx, kommo.EventFilter{}))
	}
	return []fixture{
		{file: "notes/swiss_medica_dev.json", key: "notes", bare: true, decode: notes, ask: get("/leads/notes?limit=250")},
		{file: "notes/edu-lead_note-create_lead_note-f591.json", key: "notes", decode: note, ask: send("POST", "/leads/{lead}/notes", []object{{"note_type": "common", "params": object{"text": "x"}}})},
		{file: "tasks/edu-lead_task-lead_tasks-65cf.json", key: "tasks", decode: tasks, ask: get("/tasks?page=1&limit=250")},
		{file: "tasks/swiss_medica_dev.json", key: "tasks", bare: true, decode: tasks, ask: get("/tasks?page=1&limit=250")},
		{file: "tasks/edu-lead_task-lead_task_created-6293.json", key: "tasks", decode: task, ask: send("POST", "/tasks", []object{{"text": "x", "complete_till": 1795168800}})},
		{file: "events/swiss_medica_dev.json", key: "events", bare: true, decode: events, ask: get("/events?limit=100&filter[type]=lead_added,lead_status_changed,entity_responsible_changed,incoming_call,outgoing_call")},
	}
}
