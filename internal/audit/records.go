package audit

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// record is one record of the account that a write was about. What has no number is
// told by its UID.
type record struct {
	Kind   string `json:"kind,omitempty"`
	ID     int64  `json:"id,omitempty"`
	UID    string `json:"uid,omitempty"`
	How    string `json:"how,omitempty"` // created, found, failed, unknown; empty: written to, or named by the caller
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// maxRecords is how many records a line names; a bulk call has fewer leads.
const maxRecords = 4000

// identity tells records apart; one without a kind stands for any.
type identity struct {
	kind, uid string
	id        int64
}

// gathered are the records of a line, each once.
type gathered struct {
	all  []record
	seen map[identity]bool
}

// add leaves out what is there already, and what says of a known id less than is
// known.
func (g *gathered) add(r record) {
	ofAnyKind := identity{id: r.ID, uid: r.UID}
	one := identity{r.Kind, r.UID, r.ID}
	if ofAnyKind == (identity{}) || g.seen[one] {
		return
	}
	g.seen[one], g.seen[ofAnyKind] = true, true
	g.all = append(g.all, r)
}

// records gathers the ids of what was written to and of what the caller named.
func (c Call) records(args, answer map[string]any, r redactor) []record {
	g := gathered{all: []record{}, seen: map[identity]bool{}}
	for _, one := range changes(c.Changes) {
		found := recordOf(one, "")
		found.How, _ = one["how"].(string)
		found.Before, found.After = r.answered(one["before"]), r.answered(one["after"])
		g.add(found)
	}
	for _, how := range []string{"created", "found"} {
		for _, one := range list(answer[how]) {
			g.add(recordOf(one, how))
		}
	}
	for _, key := range []string{"card", "with", "element", "bot", "on", "attached_to"} {
		g.add(recordOf(answer[key], ""))
	}
	g.addMain(c.Kind, answer)
	if strings.HasPrefix(c.Tool, "api_") {
		g.addOfAPI(args, answer)
	}
	g.addNamed(args)
	return g.all
}

// addMain is the record that the whole answer is about, and the card it is on.
func (g *gathered) addMain(kind string, answer map[string]any) {
	main := recordOf(answer, "")
	if main.Kind == "" {
		main.Kind = kind
	}
	if !g.seen[identity{id: main.ID}] {
		g.add(main)
	}
	url, _ := answer["url"].(string)
	g.add(cardOf(url))
	if before := recordOf(answer["before"], ""); before.UID != "" {
		g.add(before) // of what is gone
	}
}

// addNamed are those that the caller named by id, which were perhaps not found.
func (g *gathered) addNamed(args map[string]any) {
	for _, key := range sortedKeys(args) {
		if key == "call_id" {
			continue // of a telephone call; some platforms number them like telephones
		}
		if kind, ok := strings.CutSuffix(strings.TrimSuffix(key, "s"), "_id"); ok && plainWord(kind) {
			for _, id := range append(list(args[key]), args[key]) {
				g.add(record{Kind: kind, ID: number(id)})
			}
		}
	}
	g.add(record{Kind: "file", UID: uid(args["file_uuid"])})
	g.add(record{Kind: "incoming_lead", UID: uid(args["uid"])})
}

// changes reads what the tool told of many records.
func changes(raw json.RawMessage) []map[string]any {
	wrapped := object(slices.Concat([]byte(`{"all":`), raw, []byte("}")))
	var out []map[string]any
	for _, one := range list(wrapped["all"]) {
		if m, ok := one.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// recordOf reads {kind, id, url}; what the kind does not say, the link does, if it is
// the record's own and not that of the card it is on.
func recordOf(v any, how string) record {
	m, _ := v.(map[string]any)
	kind, _ := m["kind"].(string)
	if !plainWord(kind) {
		kind = ""
	}
	out := record{Kind: kind, ID: number(m["id"]), How: how}
	if url, _ := m["url"].(string); kind == "" {
		if card := cardOf(url); card.ID == out.ID {
			out.Kind = card.Kind
		}
	}
	for _, other := range []struct{ key, kind string }{{"file_uuid", "file"}, {"group_id", "field_group"}} {
		if id := uid(m[other.key]); out.ID == 0 && id != "" {
			out.Kind, out.UID = cmp.Or(out.Kind, other.kind), id
		}
	}
	return out
}

// cardOf reads the link to a card.
func cardOf(url string) record {
	for part, kind := range map[string]string{"/leads/detail/": "lead", "/contacts/detail/": "contact", "/companies/detail/": "company"} {
		if _, id, ok := strings.Cut(url, part); ok {
			if n := number(id); n != 0 {
				return record{Kind: kind, ID: n}
			}
		}
	}
	return record{}
}

// uid is an id that is no number: of a file, an incoming lead or a group of fields.
// Nothing else looks like one.
func uid(v any) string {
	text, _ := v.(string)
	if len(text) < 11 {
		return ""
	}
	if regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40,64}|[a-z]{4,20}_[0-9]{6,20})$`).MatchString(text) {
		return text
	}
	return ""
}
