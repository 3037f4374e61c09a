package main

import (
	"context"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// fixture is one recorded body and what it is held against.
type fixture struct {
	file string
	key  string // of _embedded where the records are; empty for a single record, which may stand against a list of the sandbox
	bare bool   // the recording holds the records without their envelope
	echo bool   // the answer to a create: its request_id echoes the request
	code int    // status to replay with; 0: that of the recording
	same string // a key whose value must be the recorded one

	// decode reads the body through the client and returns the records.
	decode func(context.Context, *kommo.Client) (any, error)
	// ask is the request to the sandbox whose answer is compared; nil for none.
	ask *ask
}

// ask is a request to the sandbox. Words in braces, such as {lead}, stand for
// what the sandbox was prepared with.
type ask struct {
	method, path string // below /api/v4, or from the host's root
	body         any
	status       int  // expected; 0 for 200
	root         bool // no call of the API v4: no token, full path
	signed       bool // a call of the Chats API
	anonymous    bool // without a token
}

func get(path string) *ask                 { return &ask{method: "GET", path: path} }
func send(method, path string, b any) *ask { return &ask{method: method, path: path, body: b} }

func made(path string, b any) *ask {
	return &ask{method: "POST", path: path, body: b, status: 201}
}

type object = map[string]any

func cases() []fixture {
	return slices.Concat(cardCases(), accountCases(), platformCases(), chatCases(), errorCases(), oauthCases())
}

func accountCases() []fixture {
	account := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Account.Get(ctx) }
	fields := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.CustomFields.List(ctx, kommo.Contacts, kommo.ListOptions{}))
	}
	users := func(ctx context.Context, c *kommo.Client) (any, error) {
		return items(c.Users.List(ctx, kommo.ListOptions{}))
	}
	reasons := func(ctx context.Context, c *kommo.Client) (any, error) { return c.LossReasons.List(ctx) }
	pipelines := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Pipelines.List(ctx) }
	pipeline := func(ctx context.Context, c *kommo.Client) (any, error) { return c.Pipelines.Get(ctx, 1) }
	return []fixture{
		{file: "account/amotop-account-1.json", decode: account, ask: get("/account?with=amojo_id")},
		{file: "account/daos.json", decode: account, ask: get("/account?with=amojo_id")},
		{file: "custom_fields/edu-get_contacts_fields-response-fc58.json", key: "custom_fields", decode: fields, ask: get("/contacts/custom_fields?limit=250")},
		{file: "custom_fields/kommo-grupoduoadm-contacts.json", key: "custom_fields", decode: fields, ask: get("/contacts/custom_fields?limit=250")},
		{file: "custom_fields/edu-catalogs-get_fields-03f0.json", key: "custom_fields", decode: fields, ask: get("/catalogs/{catalog}/custom_fields?limit=250&page=1")},
		{file: "custom_fields/edu-groups-response-3a1e.json", key: "custom_fields", echo: true, decode: fields, ask: made("/catalogs/{catalog}/custom_fields", []object{{
			"name": "Kind", "type": "category", "nested": []object{{"value": "Flat", "sort": 0}, {"value": "Pitched", "sort": 1}},
		}})},
		{file: "users/edu-user_operator-get_users-3fbf.json", key: "users", decode: users, ask: get("/users?page=1&limit=250")},
		{file: "users/swiss_medica_dev.json", key: "users", bare: true, decode: users, ask: get("/users?with=role,group&limit=50")},
		{file: "loss_reasons/swiss_medica_dev.json", key: "loss_reasons", bare: true, decode: reasons, ask: get("/leads/loss_reasons")},
		{file: "pipelines/edu-pipelines-response-54e3.json", key: "pipelines", decode: pipelines, ask: get("/leads/pipelines")},
		{file: "pipelines/impactcapital.json", decode: pipeline, ask: get("/leads/pipelines/{pipeline}")},
	}
}

// items drops what surrounds the records of a page.
func items[T any](page kommo.Page[T], err error) ([]T, error) { return page.Items, err }
