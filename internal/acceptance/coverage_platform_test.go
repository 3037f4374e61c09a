package acceptance

import "strings"

const (
	ownSecret = "a chat channel of one's own signs with a secret that Kommo's support hands out, not with the token"
	noTool    = "tokens are this server's own business and never pass through a tool"
	inDrive   = "left to Kommo's own pages: no agent's job needs it"
	chatsLast = "reading and answering chats has no tool of its own yet"
)

// aroundEndpoints are the operations on everything around the cards.
func aroundEndpoints() []section {
	return []section{
		{"Incoming leads", []endpoint{
			{"GET", "/leads/unsorted", "list_incoming_leads", ""},
			{"GET", "/leads/unsorted/{uid}", "accept_incoming_lead, decline_incoming_lead, link_incoming_lead", ""},
			{"GET", "/leads/unsorted/summary", "get_incoming_summary", ""},
			{"POST", "/leads/unsorted/{forms|sip}", "create_incoming_lead, post_call_summary", ""},
			{"POST", "/leads/unsorted/{uid}/accept", "accept_incoming_lead", ""},
			{"POST", "/leads/unsorted/{uid}/link", "link_incoming_lead", ""},
			{"DELETE", "/leads/unsorted/{uid}/decline", "decline_incoming_lead", ""},
		}},
		{"Lists and products", []endpoint{
			{"GET", "/catalogs", "list_catalogs", ""},
			{"GET", "/catalogs/{id}", "update_catalog", ""},
			{"POST", "/catalogs", "create_catalog", ""},
			{"PATCH", "/catalogs", "api_patch", oneByOne},
			{"PATCH", "/catalogs/{id}", "update_catalog", ""},
			{"GET", "/catalogs/products/settings", "api_get", "whether products are switched on: list_catalogs shows it"},
			{"PATCH", "/catalogs/products/settings", "api_patch", "switched on once, by an administrator in Kommo's settings"},
			{"GET", "/catalogs/{id}/elements", "list_catalog_elements, list_lead_products", ""},
			{"GET", "/catalogs/{id}/elements/{id}", "get_catalog_element, update_catalog_element", ""},
			{"POST", "/catalogs/{id}/elements", "create_catalog_element", ""},
			{"PATCH", "/catalogs/{id}/elements", "api_patch", oneByOne},
			{"PATCH", "/catalogs/{id}/elements/{id}", "update_catalog_element", ""},
		}},
		{"Bots", []endpoint{
			{"GET", "/bots", "list_bots, run_bot, stop_bot", ""},
			{"GET", "/bots/{id}", "api_get", inList},
			{"POST", "/bots/{id}/run", "run_bot", ""},
			{"POST", "/bots/run", "api_post", "run_bot starts one bot on one card"},
			{"POST", "/bots/{id}/stop", "stop_bot", ""},
			{"POST", "/api/v2/salesbot/run", "", "the older form of /bots/{id}/run"},
			{"POST", "/{salesbot|marketingbot}/{id}/continue/{id}", "api_post", "answers a bot that waits for a widget; its address comes with the bot's request"},
		}},
		{"Files", []endpoint{
			{"GET", cards + "/{id}/files", "list_files, attach_file, detach_file", ""},
			{"PUT", cards + "/{id}/files", "attach_file, upload_file", ""},
			{"DELETE", cards + "/{id}/files", "detach_file", ""},
			{"GET", "/files/{uuid}/links", "api_get", ""},
			{"POST", "drive:/v1.0/sessions", "upload_file", ""},
			{"POST", "drive:/v1.0/sessions/upload/{token}", "upload_file", ""},
			{"GET", "drive:/v1.0/files", "list_files", ""},
			{"GET", "drive:/v1.0/files/{uuid}", "attach_file, detach_file, update_file, delete_file, restore_file", ""},
			{"PATCH", "drive:/v1.0/files/{uuid}", "update_file", "going back to an older version is left to Kommo's own pages"},
			{"GET", "drive:/v1.0/files/{uuid}/versions", "", inDrive},
			{"DELETE", "drive:/v1.0/files", "delete_file", ""},
			{"POST", "drive:/v1.0/files/restore", "restore_file", ""},
			{"GET", "drive:/v1.0/files/stats", "", inDrive},
			{"GET", "drive:/download/{id}/{uuid}/{uuid}/{name}", "", "list_files gives the link, for a person to open"},
		}},
		{"Webhooks, sources, templates", []endpoint{
			{"GET", "/webhooks", "list_webhooks", ""},
			{"POST", "/webhooks", "set_webhook", ""},
			{"DELETE", "/webhooks", "delete_webhook", ""},
			{"GET", "/sources", "list_sources", ""},
			{"GET", "/sources/{id}", "api_get", inList},
			{"POST", "/sources", "create_source", ""},
			{"PATCH", "/sources", "api_patch", oneByOne},
			{"PATCH", "/sources/{id}", "update_source", ""},
			{"DELETE", "/sources", "api_delete", oneByOne},
			{"DELETE", "/sources/{id}", "delete_source", ""},
			{"GET", "/chats/templates", "list_message_templates", ""},
			{"GET", "/chats/templates/{id}", "api_get", inList},
			{"POST", "/chats/templates", "create_message_template", ""},
			{"PATCH", "/chats/templates", "api_patch", oneByOne},
			{"PATCH", "/chats/templates/{id}", "update_message_template", ""},
			{"DELETE", "/chats/templates", "api_delete", oneByOne},
			{"DELETE", "/chats/templates/{id}", "delete_message_template", ""},
			{"POST", "/chats/templates/{id}/review", "api_post", ""},
			{"POST", "/chats/templates/{id}/review/{id}", "api_post", "for the integration that reviews WhatsApp templates"},
			{"GET", "/website_buttons", "api_get", ""},
			{"GET", "/website_buttons/{id}", "api_get", ""},
			{"POST", "/website_buttons", "api_post", ""},
			{"PATCH", "/website_buttons/{id}", "api_patch", ""},
			{"POST", "/website_buttons/{id}/online_chat", "api_post", ""},
		}},
	}
}

// platformEndpoints are the operations on chats, extensions and access.
func platformEndpoints() []section {
	return []section{
		{"Talks", []endpoint{
			{"GET", "/talks", "api_get", chatsLast},
			{"GET", "/talks/{id}", "api_get", chatsLast},
			{"GET", "/talks/{id}/messages", "api_get", chatsLast},
			{"POST", "/talks/{id}/close", "api_post", chatsLast},
			{"POST", "/talks/{id}/send_message", "api_post", chatsLast},
		}},
		{"Customers", customerEndpoints()},
		{"Widgets and others", []endpoint{
			{"GET", "/widgets", "api_get", ""},
			{"GET", "/widgets/{code}", "api_get", ""},
			{"POST", "/widgets/{code}", "api_post", ""},
			{"DELETE", "/widgets/{code}", "api_delete", ""},
			{"POST", "/short_links", "api_post", ""},
			{"GET", "/currencies", "api_get", "get_account tells the account's own"},
			{"POST", "/api/v2/events", "", "the pop-up of a call under way, of the older API; post_call_summary logs finished calls"},
			{"POST", "/api/v2/sources/{url|file|text}", "", "knowledge for Kommo's own AI, of the older API; its paths are not certain"},
		}},
		{"A chat channel of one's own (amojo)", []endpoint{
			{"POST", "amojo:/v2/origin/custom/{id}/connect", "", ownSecret},
			{"DELETE", "amojo:/v2/origin/custom/{id}/disconnect", "", ownSecret},
			{"POST", "amojo:/v2/origin/custom/{id}/chats", "", ownSecret},
			{"GET", "amojo:/v2/origin/custom/{id}/chats/{id}/history", "", ownSecret},
			{"POST", "amojo:/v2/origin/custom/{id}", "", ownSecret},
			{"POST", "amojo:/v2/origin/custom/{id}/{id}/delivery_status", "", ownSecret},
			{"POST", "amojo:/v2/origin/custom/{id}/typing", "", ownSecret},
			{"POST", "amojo:/v2/origin/custom/{id}/react", "", ownSecret},
		}},
		{"Access", []endpoint{
			{"GET", "oauth:/oauth", "", noTool},
			{"POST", "oauth:/oauth2/access_token", "", noTool},
			{"GET", "oauth:/oauth2/account/current/subdomain", "", noTool},
			{"GET", "oauth:/oauth2/account/subdomain", "", noTool},
		}},
	}
}

// customerPaths are the operations on customers, by method.
var customerPaths = [][2]string{
	{"GET", `. /{id} /statuses /statuses/{id} /{id}/subscriptions /transactions /transactions/{id} /{id}/transactions /{id}/transactions/{id}
		/segments /segments/{id} /links /{id}/links /tags /notes /notes/{id} /{id}/notes /{id}/notes/{id} /{id}/files
		/custom_fields /custom_fields/{id} /custom_fields/groups /custom_fields/groups/{id}
		/segments/custom_fields /segments/custom_fields/{id}`},
	{"POST", `. /{id}/bonus_points /{id}/transactions /segments /statuses /{link|unlink} /{id}/{link|unlink} /tags /notes /{id}/notes
		/notes/{id}/{pin|unpin} /{id}/notes/{id}/{pin|unpin} /custom_fields /custom_fields/groups /segments/custom_fields`},
	{"PATCH", `. /{id} /mode /segments/{id} /statuses/{id} /notes /notes/{id} /{id}/notes /{id}/notes/{id} /custom_fields /custom_fields/{id}
		/custom_fields/groups/{id} /segments/custom_fields /segments/custom_fields/{id}`},
	{"PUT", "/{id}/files"},
	{"DELETE", `/transactions/{id} /segments/{id} /statuses/{id} /{id}/files /custom_fields/{id} /custom_fields/groups/{id} /segments/custom_fields/{id}`},
}

// customerEndpoints are all reached through the toolset api.
func customerEndpoints() []endpoint {
	var out []endpoint
	for _, of := range customerPaths {
		for path := range strings.FieldsSeq(of[1]) {
			out = append(out, endpoint{of[0], customers + strings.TrimPrefix(path, "."), fallback[of[0]], onlyAmo})
		}
	}
	return out
}
