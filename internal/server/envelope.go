package server

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// envelope is what a message of JSON-RPC says of itself. It is read as mcp-go reads it.
type envelope struct {
	JSONRPC json.RawMessage `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"` // nil: none
	Method  json.RawMessage `json:"method"`
	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`

	method string
}

// malformedMessage is why a body is no message, in JSON-RPC's terms.
type malformedMessage struct {
	id   json.RawMessage // nil: it cannot be told
	code int
	why  string
}

// readEnvelope reads a message, or says what is wrong with it: mcp-go answers some of
// these as if nothing were wrong, and some not at all, so that their sender waits.
func readEnvelope(body []byte) (e envelope, no *malformedMessage) {
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case !json.Valid(body):
		return e, &malformedMessage{code: mcp.PARSE_ERROR, why: "request body is not valid json"}
	case body[0] == '[':
		return e, &malformedMessage{code: mcp.INVALID_REQUEST, why: "the protocol has no batches since 2025-06-18: send each message by itself"}
	case body[0] != '{' || json.Unmarshal(body, &e) != nil:
		return e, &malformedMessage{code: mcp.INVALID_REQUEST, why: "the body has to be one JSON object"}
	case e.ID != nil && !isID(e.ID):
		return e, &malformedMessage{code: mcp.INVALID_REQUEST, why: "id has to be a string or an integer; a notification has none"}
	case string(e.JSONRPC) != `"2.0"`:
		return e, &malformedMessage{e.ID, mcp.INVALID_REQUEST, `jsonrpc has to be "2.0"`}
	case e.isResponse():
	case json.Unmarshal(e.Method, &e.method) != nil || e.method == "":
		return e, &malformedMessage{e.ID, mcp.INVALID_REQUEST, "method has to be there and to be a string"}
	}
	return e, nil
}

// isResponse tells the answer to a question of the server's.
func (e envelope) isResponse() bool { return e.Method == nil && (e.Result != nil || e.Error != nil) }

// isID tells what may be the id of a request: null and fractions may not.
func isID(raw json.RawMessage) bool {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return false
	}
	switch v := v.(type) {
	case string:
		return true
	case float64:
		return v == math.Trunc(v)
	}
	return false
}

func (m *malformedMessage) answer(w http.ResponseWriter) {
	answer := mcp.JSONRPCError{JSONRPC: mcp.JSONRPC_VERSION, Error: mcp.NewJSONRPCErrorDetails(m.code, m.why, nil)}
	raw, err := json.Marshal(answer)
	if err == nil && m.id != nil {
		raw = withID(raw, json.RawMessage("null"), m.id)
	}
	writeRaw(w, http.StatusBadRequest, raw)
}

// asReturned is an id as mcp-go gives it back: it reads numbers as floating-point, so
// that great ones come back as others.
func asReturned(id json.RawMessage) json.RawMessage {
	var v any
	if json.Unmarshal(id, &v) != nil {
		return id
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return id
	}
	return raw
}

// withID gives an outgoing message its request's id. mcp-go writes it behind the
// version, and that first.
func withID(message []byte, returned, asked json.RawMessage) []byte {
	if bytes.Equal(returned, asked) {
		return message
	}
	const before = `{"jsonrpc":"2.0","id":`
	return bytes.Replace(message, []byte(before+string(returned)+","), []byte(before+string(asked)+","), 1)
}

// mistyped finds the parameter in an error of encoding/json.
var mistyped = regexp.MustCompile(`Go struct field (?:[^ ]*\.)?([^ .]+) of type`)

// asWrongType words mcp-go's message about parameters of the wrong type, which names
// types of its code; ok is false for any other message.
func asWrongType(message string) (out string, ok bool) {
	rest, ok := strings.CutPrefix(message, "unparsable ")
	if !ok {
		return "", false
	}
	method, why, ok := strings.Cut(rest, " request: ")
	if !ok {
		return "", false
	}
	switch field := mistyped.FindStringSubmatch(why); {
	case strings.Contains(why, "cannot unmarshal number") && strings.HasSuffix(why, "of type float64"):
		return invalidParams + "a number in the params of " + method + " is too large", true
	case field != nil:
		return invalidParams + field[1] + " of " + method + " has the wrong JSON type", true
	}
	return invalidParams + "those of " + method + " are incomplete or have the wrong JSON type", true
}
