package sandbox

import "strings"

// eventTypeNames are the types that both vendors document, then those of Kommo alone
// (Kommo API facts: events).
const eventTypeNames = `lead_added lead_deleted lead_restored lead_linked lead_unlinked lead_status_changed
contact_added contact_deleted contact_restored contact_linked contact_unlinked
company_added company_deleted company_restored company_linked company_unlinked
customer_added customer_deleted customer_status_changed customer_linked customer_unlinked
task_added task_deleted task_completed task_type_changed task_text_changed task_deadline_changed task_result_added
incoming_call outgoing_call incoming_sms outgoing_sms incoming_chat_message outgoing_chat_message entity_direct_message
entity_tag_added entity_tag_deleted entity_linked entity_unlinked entity_responsible_changed entity_merged
sale_field_changed name_field_changed ltv_field_changed custom_field_value_changed robot_replied intent_identified
nps_rate_added link_followed transaction_added common_note_added common_note_deleted attachment_note_added
targeting_in_note_added targeting_out_note_added geo_note_added service_note_added site_visit_note_added
message_to_cashier_note_added key_action_completed
incoming_mail outgoing_mail ai_result talk_created talk_closed conversation_answered talk_missed_event
meta_chat_subscription_added meta_chat_subscription_removed page_mention video_opened video_closed picture_opened
picture_closed zoom_conference dropbox_attachment`

type eventTypeView struct {
	Key  string `json:"key"`
	Type int    `json:"type"`
	Lang string `json:"lang"`
}

// listEventTypes names the types. The names are English whatever the language is.
func listEventTypes(c *call) answer {
	var out []eventTypeView
	for i, key := range strings.Fields(eventTypeNames) {
		words := strings.ReplaceAll(key, "_", " ")
		out = append(out, eventTypeView{key, i + 1, strings.ToUpper(words[:1]) + words[1:]})
	}
	return ok(whole(c, "events_types", "/events/types", out))
}
