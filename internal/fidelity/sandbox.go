package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// box is a running sandbox with the ids of some of its records.
type box struct {
	srv   *sandbox.Server
	token string
	ids   map[string]int64 // {lead}, {contact}, {task}, {pipeline}
}

func openSandbox(ctx context.Context) (*box, error) {
	s := sandbox.New(sandbox.WithoutRateLimit())
	srv, err := sandbox.Listen(ctx, "127.0.0.1:0", s)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	b := &box{srv: srv, token: s.Token(sandbox.DefaultHost), ids: map[string]int64{}}
	for name, path := range map[string]string{"lead": "/leads", "contact": "/contacts", "task": "/tasks", "pipeline": "/leads/pipelines"} {
		key := path[strings.LastIndex(path, "/")+1:]
		body, err := b.request(ctx, get(path))
		if err != nil {
			return nil, err
		}
		list, _ := recordsOf(body, key).([]any)
		if len(list) == 0 {
			return nil, fmt.Errorf("sandbox: no %s", name)
		}
		id, _ := list[0].(map[string]any)["id"].(float64)
		b.ids[name] = int64(id)
	}
	return b, nil
}

func (b *box) close() { b.srv.Close() }

// request asks the sandbox; {lead} and the like stand for ids.
func (b *box) request(ctx context.Context, a *ask) ([]byte, error) {
	path, payload := a.path, []byte(nil)
	if a.body != nil {
		raw, err := json.Marshal(a.body)
		if err != nil {
			return nil, err
		}
		payload = raw
	}
	for name, id := range b.ids {
		value := strconv.FormatInt(id, 10)
		path = strings.ReplaceAll(path, "{"+name+"}", value)
		payload = bytes.ReplaceAll(payload, []byte(`"{`+name+`}"`), []byte(value))
	}
	req, err := http.NewRequestWithContext(ctx, a.method, b.srv.URL+"/api/v4"+path, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Host = sandbox.DefaultHost
	req.Header.Set("Content-Type", "application/json")
	if a.text != "no token" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	client := &http.Client{}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if want := max(a.status, 0); res.StatusCode != want && (want != 0 || res.StatusCode != http.StatusOK) {
		return nil, fmt.Errorf("%s %s answered %d: %.200s", a.method, path, res.StatusCode, body)
	}
	return body, nil
}

// compare names the keys of a recording that the sandbox's answer lacks, or
// has with another JSON type. All records of a list count together, since one
// record seldom fills every key.
func (b *box) compare(ctx context.Context, c fixture, body json.RawMessage) []string {
	if c.bare {
		body = wrap(c.key, body)
	}
	answer, err := b.request(ctx, c.ask)
	if err != nil {
		return []string{err.Error()}
	}
	want, have := map[string]types{}, map[string]types{}
	collect("", parse(body), want)
	got := parse(answer)
	if list, ok := recordsOf(answer, listKey(c.ask.path)).([]any); ok && c.key == "" && len(list) > 0 {
		got = list // a single recorded record against a list of the sandbox
		collectEach(list, have)
	}
	collect("", got, have)
	var out []string
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if complaint := disagree(path, want[path], have[path]); complaint != "" {
			out = append(out, complaint)
		}
	}
	return out
}

func listKey(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path[strings.LastIndex(path, "/")+1:]
}

func collectEach(list []any, into map[string]types) {
	for _, item := range list {
		collect("", item, into)
	}
}

// types are the JSON types seen at a path.
type types map[string]bool

func collect(path string, v any, into map[string]types) {
	if into[path] == nil {
		into[path] = types{}
	}
	into[path][typeOf(v)] = true
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			collect(path+"."+key, value, into)
		}
	case []any:
		for _, item := range v {
			collect(path+"[]", item, into)
		}
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "bool"
	default:
		return "number"
	}
}

// disagree compares the types at one path. Null says nothing about the type;
// page numbers and links differ by page.
func disagree(path string, want, have types) string {
	if path == "._page" || strings.Contains(path, "_links.next") || strings.Contains(path, "_links.prev") || strings.Contains(path, "_links.first") {
		return ""
	}
	if have == nil {
		return "no " + path + " (" + named(want) + " in the recording)"
	}
	for t := range want {
		if t != "null" && !have[t] && !onlyNull(have) {
			return path + " is " + named(have) + ", in the recording " + named(want)
		}
	}
	return ""
}

func onlyNull(t types) bool { return len(t) == 1 && t["null"] }

func named(t types) string { return strings.Join(slices.Sorted(maps.Keys(t)), " or ") }
