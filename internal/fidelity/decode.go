package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// decodes replays a recorded body to the client and names what got lost.
func decodes(ctx context.Context, c fixture, body json.RawMessage, status int) []string {
	if c.bare {
		body = wrap(c.key, body)
	}
	if c.code != 0 {
		status = c.code
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/hal+json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	client, err := clientOf(srv.URL, "recorded")
	if err != nil {
		return []string{err.Error()}
	}
	got, err := c.decode(ctx, client)
	if err != nil {
		return []string{err.Error()}
	}
	if got == nil { // an error case that was recognised
		return nil
	}
	raw, err := json.Marshal(got)
	if err != nil {
		return []string{err.Error()}
	}
	recorded := recordsOf(body, c.key)
	if c.echo {
		list, _ := recorded.([]any)
		for _, r := range list {
			if record, isRecord := r.(map[string]any); isRecord {
				delete(record, "request_id")
			}
		}
	}
	return lost("", recorded, parse(raw))
}

func clientOf(base, token string) (*kommo.Client, error) {
	u, err := kommo.ParseBase(base)
	if err != nil {
		return nil, err
	}
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	return kommo.New(kommo.Account{}, tokens, kommo.WithBaseURL(u)), nil
}

// wrap puts records back into the envelope of a list.
func wrap(key string, records json.RawMessage) json.RawMessage {
	if trimmed := strings.TrimSpace(string(records)); strings.HasPrefix(trimmed, "{") {
		records = json.RawMessage("[" + trimmed + "]")
	}
	return json.RawMessage(fmt.Sprintf(`{"_page":1,"_embedded":{%q:%s}}`, key, records))
}

func parse(raw []byte) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil
	}
	return v
}

// recordsOf takes the records out of a body.
func recordsOf(body json.RawMessage, key string) any {
	v := parse(body)
	if key == "" {
		return v
	}
	outer, _ := v.(map[string]any)
	embedded, _ := outer["_embedded"].(map[string]any)
	return embedded[key]
}

// notKept are keys that no model keeps: links are addresses of the API itself,
// triggers are empty everywhere.
var notKept = []string{"_links", "triggers"}

// lost lists the paths of the recorded value that the decoded one lacks or has
// otherwise. An empty value may be missing: null, 0, false, "" and [] mean the
// same to a caller.
func lost(path string, recorded, decoded any) []string {
	switch want := recorded.(type) {
	case map[string]any:
		if set, isSet := decoded.([]any); isSet { // {"add_lead":1} is read as the list of its keys
			decoded = keysOf(set)
		}
		have, _ := decoded.(map[string]any)
		var out []string
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if !slices.Contains(notKept, key) {
				out = append(out, lost(path+"."+key, want[key], have[key])...)
			}
		}
		return out
	case []any:
		have, _ := decoded.([]any)
		if len(have) != len(want) {
			return sayUnlessEmpty(path, recorded, decoded)
		}
		var out []string
		for i := range want {
			out = append(out, lost(fmt.Sprintf("%s[%d]", path, i), want[i], have[i])...)
		}
		return out
	}
	if one, ok := decoded.([]any); ok && len(one) == 1 {
		decoded = one[0] // request_id is read as a list: merged leads have several
	}
	if text(recorded) == text(decoded) {
		return nil
	}
	return sayUnlessEmpty(path, recorded, decoded)
}

// keysOf is the object whose keys a list names, each with the value 1.
func keysOf(list []any) map[string]any {
	out := map[string]any{}
	for _, v := range list {
		out[text(v)] = 1
	}
	return out
}

func sayUnlessEmpty(path string, recorded, decoded any) []string {
	if empty(recorded) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %s in the recording and %s in the client", path, text(recorded), text(decoded))}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case string:
		return v == ""
	case float64:
		return v == 0
	case bool:
		return !v
	default:
		return false
	}
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return strings.Trim(string(raw), `"`)
}
