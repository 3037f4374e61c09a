package acceptance

// samples are arguments with which every default tool does its usual work.
func samples(i ids) map[string]map[string]any {
	return map[string]map[string]any{
		"get_account":              {},
		"search_leads":             {"stage": "open", "limit": 5},
		"get_lead":                 {"lead_id": i.openLead},
		"search_contacts":          {"query": "example.com", "limit": 5},
		"get_contact":              {"contact_id": i.contact},
		"list_tasks":               {"due": "overdue", "limit": 5},
		"report_pipeline":          {"period": "last_30_days"},
		"create_lead_with_contact": {"name": "Roof for a barn", "price": 4200, "contact_name": "Pat Example", "contact_phone": "+1 202 555 0177"},
		"add_note":                 {"lead_id": i.openLead, "text": "Asked for a second quote with darker tiles."},
		"create_task":              {"lead_id": i.openLead, "text": "Send the second quote", "due": "2030-01-15T10:00"},
		"post_call_summary":        {"phone": "+1 202 555 0142", "lead_id": i.openLead, "summary": "Wants the quote by Friday.", "direction": "inbound", "duration_seconds": 95, "follow_up_text": "Send the quote by mail", "follow_up_due": "2030-01-16T09:00"},
		"update_lead":              {"lead_id": i.openLead, "price": 98765},
		"move_lead_stage":          {"lead_id": i.openLead, "stage": "won"},
		"update_contact":           {"contact_id": i.contact, "add_phone": "+1 202 555 0188"},
		"update_task":              {"task_id": i.task, "completed": true, "result": "Reached, wants a quote."},
	}
}
