package acceptance

// cards are the kinds of cards that paths name; customers exist in amoCRM and
// classic accounts only, and nothing here but the toolset api serves them.
const (
	cards     = "/{leads|contacts|companies}"
	customers = "/customers"
	onlyAmo   = "customers exist in amoCRM and classic accounts only"
	oneByOne  = "the named tools change one record at a time"
	inList    = "comes with the list"
	listField = "what the elements of a list hold is laid down once, in Kommo's settings; list_catalogs tells it"
	userAdmin = "who may sign in and do what is an administrator's matter, in Kommo's settings: an agent reads it"
)

// cardEndpoints are the operations on leads, people and companies.
func cardEndpoints() []section {
	return []section{
		{"Leads", []endpoint{
			{"GET", "/leads", "search_leads, report_pipeline, update_leads, move_leads, tag_leads, assign_leads, add_note_to_leads", ""},
			{"GET", "/leads/{id}", "get_lead, update_lead, move_lead_stage, link_records, unlink_records", ""},
			{"POST", "/leads", "api_post", "create_lead_with_contact sends /leads/complex, which takes contact and company along"},
			{"POST", "/leads/complex", "create_lead_with_contact, post_call_summary", ""},
			{"PATCH", "/leads", "update_leads, move_leads, tag_leads, assign_leads", ""},
			{"PATCH", "/leads/{id}", "update_lead, move_lead_stage, post_call_summary", ""},
			{"GET", "/leads/{id}/subscriptions", "api_get", "ids of those who are told of the lead's chats; Kommo can change them in its own pages only"},
			{"POST", "/calls", "api_post", "post_call_summary chooses the card itself and writes a call note: this operation drops calls whose number it does not find"},
		}},
		{"Contacts and companies", []endpoint{
			{"GET", "/{contacts|companies}", "search_contacts, report_duplicates", ""},
			{"GET", "/{contacts|companies}/{id}", "get_contact, update_contact, link_records, unlink_records, list_incoming_leads", ""},
			{"POST", "/contacts", "create_contact", ""},
			{"POST", "/companies", "create_company", ""},
			{"PATCH", "/{contacts|companies}", "api_patch", oneByOne},
			{"PATCH", "/{contacts|companies}/{id}", "update_contact", ""},
			{"GET", "/contacts/chats", "api_get", "for integrations with a chat channel of their own"},
			{"POST", "/contacts/chats", "api_post", "for integrations with a chat channel of their own"},
		}},
		{"Links", []endpoint{
			{"GET", cards + "/{id}/links", "list_lead_products, link_product_to_lead, unlink_product_from_lead", ""},
			{"POST", cards + "/{id}/link", "link_records, link_product_to_lead", ""},
			{"POST", cards + "/{id}/unlink", "unlink_records, unlink_product_from_lead", ""},
			{"GET", cards + "/links", "api_get", "the links of many cards; get_lead, get_contact and list_lead_products tell those of one"},
			{"POST", cards + "/link", "api_post", oneByOne},
			{"POST", cards + "/unlink", "api_post", oneByOne},
		}},
		{"Tags", []endpoint{
			{"GET", cards + "/tags", "list_tags, get_account, search_leads, create_tag", ""},
			{"POST", cards + "/tags", "create_tag", "putting an unknown tag on a card makes it, too"},
			{"PATCH", "/leads/tags", "update_tag", ""},
			{"PATCH", "/leads/tags/{id}", "api_patch", "update_tag sends the form for several"},
		}},
	}
}

// noteEndpoints are the operations on what hangs on cards, and on users.
func noteEndpoints() []section {
	return []section{
		{"Custom fields", []endpoint{
			{"GET", cards + "/custom_fields", "list_custom_fields, get_account", ""},
			{"GET", cards + "/custom_fields/{id}", "update_custom_field", ""},
			{"POST", cards + "/custom_fields", "create_custom_field", ""},
			{"PATCH", cards + "/custom_fields", "api_patch", oneByOne},
			{"PATCH", cards + "/custom_fields/{id}", "update_custom_field", ""},
			{"DELETE", cards + "/custom_fields/{id}", "delete_custom_field", ""},
			{"GET", "/catalogs/{id}/custom_fields", "list_catalog_elements, get_catalog_element, create_catalog_element, update_catalog_element", "to read and write values by name"},
			{"GET", "/catalogs/{id}/custom_fields/{id}", "update_catalog_field, delete_catalog_field", ""},
			{"POST", "/catalogs/{id}/custom_fields", "create_catalog_field", "nested categories too"},
			{"PATCH", "/catalogs/{id}/custom_fields", "api_patch", oneByOne},
			{"PATCH", "/catalogs/{id}/custom_fields/{id}", "update_catalog_field", "nested categories too"},
			{"DELETE", "/catalogs/{id}/custom_fields/{id}", "delete_catalog_field", ""},
			{"GET", cards + "/custom_fields/groups", "list_custom_fields", ""},
			{"GET", cards + "/custom_fields/groups/{id}", "api_get", inList},
			{"POST", cards + "/custom_fields/groups", "create_field_group", ""},
			{"PATCH", cards + "/custom_fields/groups/{id}", "update_field_group", ""},
			{"DELETE", cards + "/custom_fields/groups/{id}", "delete_field_group", ""},
		}},
		{"Notes", []endpoint{
			{"GET", cards + "/notes", "search_notes", ""},
			{"GET", cards + "/{id}/notes", "get_lead, get_contact, search_notes", ""},
			{"GET", cards + "/notes/{id}", "get_note, update_note", ""},
			{"GET", cards + "/{id}/notes/{id}", "api_get", "get_note reads /notes/{id} and checks the card"},
			{"POST", cards + "/notes", "add_note, add_note_to_leads, post_call_summary, attach_file", ""},
			{"POST", cards + "/{id}/notes", "api_post", "add_note sends the same to /notes, with the card in the note"},
			{"PATCH", cards + "/notes", "api_patch", oneByOne},
			{"PATCH", cards + "/notes/{id}", "update_note", ""},
			{"PATCH", cards + "/{id}/notes", "api_patch", oneByOne},
			{"PATCH", cards + "/{id}/notes/{id}", "api_patch", "update_note sends the same to /notes/{id}"},
			{"POST", cards + "/notes/{id}/{pin|unpin}", "update_note", ""},
			{"POST", cards + "/{id}/notes/{id}/{pin|unpin}", "api_post", "update_note sends the same to /notes/{id}"},
		}},
		{"Tasks", []endpoint{
			{"GET", "/tasks", "list_tasks, get_lead, get_contact", ""},
			{"GET", "/tasks/{id}", "update_task", ""},
			{"POST", "/tasks", "create_task, post_call_summary", ""},
			{"PATCH", "/tasks", "api_patch", oneByOne},
			{"PATCH", "/tasks/{id}", "update_task", ""},
			{"DELETE", "/tasks/{id}", "", "Kommo answers 403 to everybody: tasks are completed, not deleted"},
		}},
		{"Events", []endpoint{
			{"GET", "/events", "list_events, get_lead, report_pipeline", ""},
			{"GET", "/events/{id}", "api_get", inList},
			{"GET", "/events/types", "api_get", "list_events says types in words"},
		}},
		{"Pipelines, stages, loss reasons", []endpoint{
			{"GET", "/leads/pipelines", "list_pipelines, get_account", ""},
			{"GET", "/leads/pipelines/{id}", "update_pipeline, update_stage", ""},
			{"POST", "/leads/pipelines", "create_pipeline", ""},
			{"PATCH", "/leads/pipelines/{id}", "update_pipeline", ""},
			{"DELETE", "/leads/pipelines/{id}", "delete_pipeline", ""},
			{"GET", "/leads/pipelines/{id}/statuses", "list_pipelines, update_stage", "for the descriptions of stages"},
			{"GET", "/leads/pipelines/{id}/statuses/{id}", "api_get", inList},
			{"POST", "/leads/pipelines/{id}/statuses", "create_stage", ""},
			{"PATCH", "/leads/pipelines/{id}/statuses/{id}", "update_stage", ""},
			{"DELETE", "/leads/pipelines/{id}/statuses/{id}", "delete_stage", ""},
			{"GET", "/leads/loss_reasons", "list_loss_reasons, get_account", ""},
			{"GET", "/leads/loss_reasons/{id}", "delete_loss_reason", ""},
			{"POST", "/leads/loss_reasons", "create_loss_reason", ""},
			{"DELETE", "/leads/loss_reasons/{id}", "delete_loss_reason", ""},
		}},
		{"Account, users, roles", []endpoint{
			{"GET", "/account", "get_account, list_groups", ""},
			{"GET", "/users", "list_users, list_groups, get_account", ""},
			{"GET", "/users/{id}", "api_get", inList},
			{"POST", "/users", "api_post", "it sets a password: a matter for an administrator, not for an agent"},
			{"POST", "/users/{activate|deactivate}", "api_post", userAdmin},
			{"GET", "/roles", "list_roles", ""},
			{"GET", "/roles/{id}", "api_get", inList},
			{"POST", "/roles", "api_post", userAdmin},
			{"PATCH", "/roles/{id}", "api_patch", userAdmin},
			{"DELETE", "/roles/{id}", "api_delete", userAdmin},
		}},
	}
}
