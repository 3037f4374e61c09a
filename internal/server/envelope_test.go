package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// TestMalformedMessagesAreRefused: each is answered with JSON-RPC's code, and with its
// id where that can be told.
func TestMalformedMessagesAreRefused(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	for name, c := range map[string]struct {
		body string
		code int
		id   string
	}{
		"half":              {`{"jsonrpc":`, mcp.PARSE_ERROR, "null"},
		"nothing":           {``, mcp.PARSE_ERROR, "null"},
		"two":               {`{"jsonrpc":"2.0","id":1,"method":"ping"}{}`, mcp.PARSE_ERROR, "null"},
		"a batch":           {` [{"jsonrpc":"2.0","id":1,"method":"ping"}]`, mcp.INVALID_REQUEST, "null"},
		"null":              {`null`, mcp.INVALID_REQUEST, "null"},
		"a text":            {`"ping"`, mcp.INVALID_REQUEST, "null"},
		"id null":           {`{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"x"}}`, mcp.INVALID_REQUEST, "null"},
		"id of an object":   {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		"id true":           {`{"jsonrpc":"2.0","id":true,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		"id of a fraction":  {`{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		"id beyond numbers": {`{"jsonrpc":"2.0","id":1e400,"method":"ping"}`, mcp.INVALID_REQUEST, "null"},
		"another version":   {`{"jsonrpc":"1.0","id":7,"method":"ping"}`, mcp.INVALID_REQUEST, "7"},
		"no version":        {`{"id":"a","method":"ping"}`, mcp.INVALID_REQUEST, `"a"`},
		"version 2.0":       {`{"jsonrpc":2.0,"id":7,"method":"ping"}`, mcp.INVALID_REQUEST, "7"},
		"no method":         {`{"jsonrpc":"2.0","id":9007199254740993}`, mcp.INVALID_REQUEST, "9007199254740993"},
		"method null":       {`{"jsonrpc":"2.0","id":7,"method":null}`, mcp.INVALID_REQUEST, "7"},
		"method of numbers": {`{"jsonrpc":"2.0","id":7,"method":5}`, mcp.INVALID_REQUEST, "7"},
		"method empty":      {`{"jsonrpc":"2.0","id":7,"method":""}`, mcp.INVALID_REQUEST, "7"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := post(t, url, c.body)
			var answer struct {
				ID    json.RawMessage `json:"id"`
				Error struct {
					Code int `json:"code"`
				} `json:"error"`
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusBadRequest || answer.Error.Code != c.code || string(answer.ID) != c.id {
				t.Errorf("%d %s, want %d for %s", status, body, c.code, c.id)
			}
		})
	}
}

// TestAnswersAreTaken: older clients may answer what nobody asked; nothing comes of it.
func TestAnswersAreTaken(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	for _, body := range []string{`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}`} {
		if status, text := post(t, url, body); status != http.StatusAccepted || text != "" {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

// TestIDsComeBackAsTheyWent, those too that no floating-point number holds: their
// sender knows an answer by nothing else.
func TestIDsComeBackAsTheyWent(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	ids := []string{"0", "-7", "9007199254740993", "1764327600123456789", "-9223372036854775808", "123456789012345678901234567890", `"9007199254740993"`, `"a<b>\u00e9"`}
	for _, id := range ids {
		for _, method := range []string{"tools/list", "nonsense"} {
			_, body := post(t, url, `{"jsonrpc":"2.0","id":`+id+`,"method":"`+method+`"}`)
			var got struct{ ID json.RawMessage }
			if err := json.Unmarshal([]byte(body), &got); err != nil || !sameID(string(got.ID), id) {
				t.Errorf("%s of %s: %s", method, id, body)
			}
		}
	}
	var in strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&in, `{"jsonrpc":"2.0","id":%s,"method":"tools/list"}`+"\n", id)
	}
	var out kept
	if err := server.Stdio(t.Context(), slowServer(make(chan struct{}, 1), nil), strings.NewReader(in.String()), &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if !out.answers(id) {
			t.Errorf("on stdio nobody is told %s: %s", id, out.text)
		}
	}
}

func sameID(got, want string) bool {
	var a, b string
	return got == want || json.Unmarshal([]byte(got), &a) == nil && json.Unmarshal([]byte(want), &b) == nil && a == b
}

type kept struct{ text string }

func (l *kept) Write(p []byte) (int, error) { l.text += string(p); return len(p), nil }

func (l *kept) answers(id string) bool {
	for line := range strings.Lines(l.text) {
		var got struct{ ID json.RawMessage }
		if json.Unmarshal([]byte(line), &got) == nil && sameID(string(got.ID), id) {
			return true
		}
	}
	return false
}

// TestParametersOfTheWrongTypeAreNamed in words of the protocol, and what they repeat of
// the request is cut.
func TestParametersOfTheWrongTypeAreNamed(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	long := strings.Repeat("9", 20_000)
	for request, says := range map[string]string{
		`"method":"tools/call","params":{"name":"slow","arguments":{"a":1e999}}`:                            "a number in the params of tools/call is too large",
		`"method":"tools/call","params":{"name":"slow","arguments":{"a":` + long + `}}`:                     "a number in the params of tools/call is too large",
		`"method":"tools/call","params":{"name":"slow","requestState":5}`:                                   "requestState of tools/call has the wrong JSON type",
		`"method":"initialize","params":{"protocolVersion":5}`:                                              "protocolVersion of initialize has the wrong JSON type",
		`"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":[],"clientInfo":{}}`: "capabilities of initialize has the wrong JSON type",
		`"method":"tools/call","params":{"name":"` + long + `"}`:                                            "not found",
		`"method":"tools/call","params":{"name":"slow","inputResponses":["a"]}`:                             "inputResponses of tools/call has the wrong JSON type",
	} {
		status, body := post(t, url, `{"jsonrpc":"2.0","id":1,`+request+`}`)
		var got struct {
			Error struct {
				Code    int
				Message string
			}
		}
		if len(request) > 100 {
			request = request[:100]
		}
		if len(body) > 1500 || strings.Contains(body, "Go ") || strings.Contains(body, "json:") {
			t.Errorf("%s: %d bytes: %.300s", request, len(body), body)
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || got.Error.Code != mcp.INVALID_PARAMS || !strings.Contains(body, says) && len(body) < 1000 {
			t.Errorf("%s: %d %.300s", request, status, body)
		}
	}
}
