package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// prepared is something that requests speak of: the answer to ask has it at the
// dotted path take.
type prepared struct {
	name string
	ask  *ask
	take string
}

// preparations come in order: later ones speak of earlier ones.
func preparations() []prepared {
	first := func(name, path, key string) prepared {
		return prepared{name, get(path), "_embedded." + key + ".0.id"}
	}
	incoming := []object{{
		"source_uid": "line", "source_name": "Phone line",
		"metadata":  object{"phone": "+15550100", "duration": 5, "service_code": "line", "called_at": 1795168800, "uniq": "u", "from": "+15550100", "call_responsible": "Seller", "link": "https://example.com/r.mp3"},
		"_embedded": object{"contacts": []object{{"name": "Pat Example"}}},
	}}
	return []prepared{
		first("lead", "/leads", "leads"), first("contact", "/contacts", "contacts"), first("task", "/tasks", "tasks"),
		first("pipeline", "/leads/pipelines", "pipelines"), first("user", "/users", "users"), first("catalog", "/catalogs", "catalogs"),
		first("other", "/users?page=2&limit=1", "users"),
		{"talk", get("/talks"), "_embedded.talks.0.talk_id"},
		{"customer", send("POST", "/customers", []object{{"name": "Pat Example", "next_date": 1795168800}}), "_embedded.customers.0.id"},
		{"uid", send("POST", "/leads/unsorted/sip", incoming), "_embedded.unsorted.0.uid"},
		{"amojo", get("/account?with=amojo_id"), "amojo_id"},
		{"scope", connect(), "scope_id"},
		{"chat", chat("/chats", object{"conversation_id": "c-1", "user": object{"id": "u-1", "name": "Pat Example"}}), "id"},
	}
}

// prepare makes the requests, which must succeed, and keeps what later ones
// speak of.
func (b *box) prepare(ctx context.Context, list []prepared) error {
	for _, p := range list {
		body, err := b.request(ctx, p.ask)
		if err != nil {
			return fmt.Errorf("preparing {%s}: %w", p.name, err)
		}
		if p.name == "" {
			continue
		}
		v := at(parse(body), p.take)
		if v == nil {
			return fmt.Errorf("preparing {%s}: no %s in %.200s", p.name, p.take, body)
		}
		b.words[p.name] = text(v)
	}
	return nil
}

// at follows a dotted path; nil where it leads nowhere.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(inner) {
				return nil
			}
			v = inner[i]
		default:
			return nil
		}
	}
	return v
}
