package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// The channel of the Chats API that the cases use; its hooks come to the box.
const (
	channel       = "aaaaaaaa-0000-4000-8000-00000000f1de"
	channelSecret = "0f1de11750f1de11"
)

func integration() sandbox.Integration {
	return sandbox.Integration{ClientID: "00000000-0000-4000-8000-0000000f1de1", Secret: "not-a-secret", RedirectURI: "https://example.com/back"}
}

// box is a running sandbox and what requests to it speak of.
type box struct {
	srv   *sandbox.Server
	inbox *inbox
	token string
	words map[string]string // what {lead} and the like stand for
}

func openSandbox(ctx context.Context) (*box, error) {
	var ago time.Duration // how far the sandbox's clock is behind
	clock := func() time.Time { return time.Now().Add(-ago) }
	s := sandbox.New(sandbox.WithoutRateLimit(), sandbox.WithIntegration(integration()), sandbox.WithClock(clock))
	in, err := openInbox(ctx)
	if err != nil {
		return nil, err
	}
	s.RegisterChannel(sandbox.Channel{ID: channel, Secret: channelSecret, Code: "fidelity", Title: "Fidelity", HookURL: in.url + "/chats/:scope_id"})
	s.DeliverHooks(ctx, &http.Client{}, nil)
	ago = time.Hour
	expired := s.Code(sandbox.DefaultHost, integration().ClientID)
	ago = 0
	srv, err := sandbox.Listen(ctx, "127.0.0.1:0", s)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	b := &box{srv: srv, inbox: in, token: s.Token(sandbox.DefaultHost), words: map[string]string{
		"expired code": expired, "used code": s.Code(sandbox.DefaultHost, integration().ClientID), "inbox": in.url + "/crm",
	}}
	if err := b.prepare(ctx, preparations()); err != nil {
		b.close()
		return nil, err
	}
	return b, b.useCode(ctx)
}

// useCode exchanges the code that is tried a second time later.
func (b *box) useCode(ctx context.Context) error {
	i := integration()
	_, err := b.request(ctx, &ask{method: "POST", path: "/oauth2/access_token", root: true, body: object{
		"client_id": i.ClientID, "client_secret": i.Secret, "redirect_uri": i.RedirectURI, "grant_type": "authorization_code", "code": "{used code}",
	}})
	return err
}

func (b *box) close() {
	b.srv.Close()
	_ = b.inbox.srv.Close() // nothing to do about a listener that will not close
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
	if len(body) == 0 && len(answer) > 0 {
		return []string{fmt.Sprintf("a body where the recording has none: %.100s", answer)}
	}
	want, have := map[string]types{}, map[string]types{}
	collect("", parse(body), want)
	got := parse(answer)
	if list, ok := recordsOf(answer, listKey(c.ask.path)).([]any); ok && c.key == "" && len(list) > 0 {
		got = list // a single recorded record against a list of the sandbox
		collectEach(list, have)
	}
	collect("", got, have)
	out := differences(want, have)
	if recorded := at(parse(body), c.same); c.same != "" && text(recorded) != text(at(got, c.same)) {
		out = append(out, fmt.Sprintf("%s is %s, in the recording %s", c.same, text(at(got, c.same)), text(recorded)))
	}
	return out
}

func differences(want, have map[string]types) []string {
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
