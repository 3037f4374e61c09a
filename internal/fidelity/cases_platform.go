package main

import (
	"context"
	"maps"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// platformCases are the resources beside the cards. Those without a decode are
// not read by the client.
func platformCases() []fixture {
	elements := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Elements.List(ctx, 1, kommo.ElementFilter{}))
	}
	declined := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Unsorted.Decline(ctx, "u", 1) }
	subscribed := func(ctx context.Context, c *kommo.Client) (any, error) {
		return c.Webhooks.Set(ctx, kommo.WebhookWrite{})
	}
	hooks := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Webhooks.List(ctx, "") }
	product := []object{{"name": "Ridge vent", "custom_fields_values": []object{
		{"field_code": "SKU", "values": []object{{"value": "RV-1"}}}, {"field_code": "PRICE", "values": []object{{"value": "999.12"}}},
	}}}
	customer := []object{{"name": "Pat Example", "next_date": 1795168800}}
	return []fixture{
		{file: "catalog_elements/edu-product-create-7070.json", key: "elements", echo: true, decode: elements, ask: send("POST", "/catalogs/{catalog}/elements", product)},
		{file: "unsorted/mttzzz-decline.json", decode: declined, ask: send("DELETE", "/leads/unsorted/{uid}/decline", object{"user_id": "{user}"})},
		{file: "webhooks/mttzzz-create.json", decode: subscribed, ask: send("POST", "/webhooks", object{"destination": "https://hooks.example.com/a", "settings": []string{"add_lead"}})},
		{file: "webhooks/mttzzz-get-item.json", key: "webhooks", bare: true, decode: hooks, ask: get("/webhooks")},
		{file: "customers/edu-customer-create_customer-bf5f.json", key: "customers", ask: send("POST", "/customers", customer)},
		{file: "transactions/edu-transaction-create_transaction-08e5.json", key: "transactions", ask: send("POST", "/customers/{customer}/transactions", []object{{"price": 100}})},
		{file: "short_links/mttzzz-create.json", key: "short_links", ask: send("POST", "/short_links", []object{{"url": "https://example.com/", "metadata": object{"entity_type": "contacts", "entity_id": "{contact}"}}})},
		{file: "talks/kommo-talk.json", key: "talks", bare: true, ask: get("/talks?limit=100")},
		{file: "talks/kommo-message.json", key: "messages", bare: true, ask: get("/talks/{talk}/messages")},
		{file: "contacts/amotop-contacts_chats-1.json", key: "chats", ask: send("POST", "/contacts/chats", []object{{"contact_id": "{contact}", "chat_id": "{chat}"}})},
	}
}

// chatCases are calls of the Chats API; the client has none.
func chatCases() []fixture {
	say := func(file string, change object) fixture {
		payload := object{
			"timestamp": 1754496641, "msec_timestamp": 1754496641852, "msgid": file, "conversation_id": "c-1", "conversation_ref_id": "{chat}",
			"sender": object{"id": "u-1", "name": "Pat Example"}, "message": object{"type": "text", "text": "Hello"},
		}
		maps.Copy(payload, change)
		return fixture{file: file, ask: chat("", object{"event_type": "new_message", "payload": payload})}
	}
	manager := object{
		"sender": object{"id": "m-1", "ref_id": "00000000-0000-4000-8000-0000000000aa", "name": "Seller"}, "receiver": object{"id": "u-1", "name": "Pat Example"},
	}
	return []fixture{
		{file: "amojo/amotop-connect-1.json", ask: connect()},
		{file: "amojo/amotop-create_chat-1.json", ask: chat("/chats", object{"conversation_id": "c-2", "user": object{"ref_id": "00000000-0000-4000-8000-0000000000ab"}})},
		say("amojo/amotop-new_message-1.json", manager),
		say("amojo/amotop-new_message-2.json", manager),
		say("amojo/amotop-new_message-3.json", nil),
	}
}

func connect() *ask {
	return &ask{
		method: "POST", path: "/v2/origin/custom/" + channel + "/connect", root: true, signed: true,
		body: object{"account_id": "{amojo}", "title": "Fidelity", "hook_api_version": "v2"},
	}
}

// chat is a POST in the channel's scope.
func chat(path string, body any) *ask {
	return &ask{method: "POST", path: "/v2/origin/custom/" + channel + "_{amojo}" + path, body: body, root: true, signed: true}
}
