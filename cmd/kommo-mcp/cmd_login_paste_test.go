package main

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestPastedAnswers: what people paste, line by line, and what they are told.
func TestPastedAnswers(t *testing.T) {
	const answer = "https://mcp.example.com/oauth/callback?client_id=c1&code=def502aa&platform=2&referer=demo.kommo.com&state=s1"
	mine := func(q url.Values) bool { return q.Get("state") == "s1" }
	for name, lines := range map[string][]string{
		"as it is": {answer}, "in double quotes": {`"` + answer + `"`}, "in quotes": {"'" + answer + "'"}, "in brackets": {"<" + answer + ">"},
		"marked by the terminal": {"\x1b[200~" + answer + "\x1b[201~"}, "of Windows": {answer + "\r"}, "from a page's source": {strings.ReplaceAll(answer, "&", "&amp;")},
		"the query alone": {"client_id=c1&code=def502aa&referer=demo.kommo.com&state=s1"}, "without https": {strings.TrimPrefix(answer, "https://")},
		"in two pieces": {answer[:60], answer[60:]}, "in three, after junk": {"junk", answer[:50], answer[50:80], answer[80:]},
		"after the link": {"https://www.kommo.com/oauth?client_id=c1&state=s1&mode=post_message", answer}, "a refusal": {"https://x.example/?error=access_denied&state=s1"},
	} {
		var p pieces
		for i, line := range lines {
			q, ok := p.add(line, mine)
			if last := i == len(lines)-1; ok != last {
				t.Errorf("%s: line %d taken: %v", name, i, ok)
			} else if last && q.Get("code") != "def502aa" && q.Get("error") == "" {
				t.Errorf("%s: read as %v", name, q)
			}
		}
	}
	for line, want := range map[string]string{
		"": "", "def502aabb": "a part of the address", "https://x.example/?code=1": "a part of the address",
		"https://www.kommo.com/oauth?client_id=c1&state=s1": "This is the link itself", strings.Replace(answer, "s1", "s2", 1): "the answer to another link",
		"what?": "This is not the address",
	} {
		var p pieces
		if _, ok := p.add(line, mine); ok {
			t.Errorf("%q is taken", line)
		}
		if got := p.hint(mine); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: told %q", line, got)
		}
	}
}

// TestASignalEndsTheWaitForAPaste: reading what is pasted cannot be broken off, and
// the command ends all the same.
func TestASignalEndsTheWaitForAPaste(t *testing.T) {
	_, env := oauthRig(t, "https://crm.example.com/oauth/callback")
	in, person := io.Pipe()
	defer person.Close()
	ctx, signal := context.WithCancel(t.Context())
	defer signal()
	var out bytes.Buffer
	told, errOut := io.Pipe()
	go func() {
		var seen []byte
		for buf := make([]byte, 4096); !bytes.Contains(seen, []byte("press Enter")); {
			n, err := told.Read(buf)
			if err != nil {
				return
			}
			seen = append(seen, buf[:n]...)
		}
		signal()
		_, _ = io.Copy(io.Discard, told)
	}()
	code := make(chan int, 1)
	go func() {
		code <- (&app{env: lookup(env), in: in, out: &out, errOut: errOut}).run(ctx, []string{"login"})
	}()
	select {
	case got := <-code:
		if got != exitFail || out.Len() > 0 {
			t.Errorf("%d %s", got, out.String())
		}
	case <-time.After(10 * time.Second):
		t.Error("the command goes on waiting")
	}
	errOut.Close()
}

// TestLoginSaysWhatTheAccountIsUsedFor: the first is the default, the second is not.
func TestLoginSaysWhatTheAccountIsUsedFor(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	if _, told, _ := loginAs(t, env, sandbox.DefaultHost); !strings.Contains(told, "It is the default account") {
		t.Errorf("the first: %s", told)
	}
	if _, told, _ := loginAs(t, env, secondHost); !strings.Contains(told, "kommo-mcp accounts default second") {
		t.Errorf("the second: %s", told)
	}
	env["KOMMO_ACCESS_TOKEN"] = "not-a-token"
	if _, told, _ := loginAs(t, env, secondHost); !strings.Contains(told, "KOMMO_ACCESS_TOKEN is set") {
		t.Errorf("beside a token: %s", told)
	}
}

func TestWhyNobodyAnswered(t *testing.T) {
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if a, b := unanswered(late).Error(), unanswered(stopped).Error(); !strings.Contains(a, "20 minutes") || !strings.Contains(b, "stopped") {
		t.Errorf("%s; %s", a, b)
	}
}

// TestHostOfTheRedirectURL: browsers leave the usual port out, and another name is
// another host.
func TestHostOfTheRedirectURL(t *testing.T) {
	for _, c := range []struct {
		header, at string
		want       bool
	}{
		{"localhost", "http://localhost:80/cb", true},
		{"localhost:80", "http://localhost/cb", true},
		{"LOCALHOST:8080", "http://localhost:8080/cb", true},
		{"127.0.0.1:8080", "http://localhost:8080/cb", false},
		{"localhost:8081", "http://localhost:8080/cb", false},
		{"evil.example", "http://localhost/cb", false},
		{"[::1]:8080", "http://[::1]:8080/cb", true},
	} {
		if got := isHost(c.header, redirectHost(c.at)); got != c.want {
			t.Errorf("%s for %s: %v", c.header, c.at, got)
		}
	}
}
