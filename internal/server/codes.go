package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// mcp-go answers every error of a resource or prompt handler with the code of an
// internal error, and offers no way to choose another. The protocol wants the
// client's mistakes told from the server's, so the errors named here get their
// code on the way out, by how their message begins.
const (
	invalidParams    = "invalid params: "
	resourceNotFound = "resource not found: "
)

// asInvalidParams words a mistake in a request's parameters.
func asInvalidParams(err error) error { return fmt.Errorf("%s%w", invalidParams, err) }

// asResourceError words a resource that is not there for the era of the request:
// the newer revision counts it among the invalid parameters.
func asResourceError(ctx context.Context, err error) error {
	said := resourceNotFound + strings.TrimPrefix(err.Error(), resourceNotFound)
	if mcp.IsModernProtocol(mcpserver.RequestProtocolVersion(ctx)) {
		return asInvalidParams(errors.New(said))
	}
	return errors.New(said)
}

// recode gives an outgoing message that is such an error its code, 0 if it is none.
func recode(message []byte) (out []byte, code int) {
	if !mayBeOurs(message) {
		return message, 0
	}
	var answer struct {
		JSONRPC string                   `json:"jsonrpc"`
		ID      json.RawMessage          `json:"id"`
		Error   *mcp.JSONRPCErrorDetails `json:"error"`
	}
	if json.Unmarshal(message, &answer) != nil || answer.Error == nil {
		return message, 0
	}
	if text, wrong := asWrongType(answer.Error.Message); wrong {
		answer.Error.Message = text
	}
	switch {
	case strings.HasPrefix(answer.Error.Message, invalidParams):
		answer.Error.Code = mcp.INVALID_PARAMS
	case strings.HasPrefix(answer.Error.Message, resourceNotFound):
		answer.Error.Code = mcp.RESOURCE_NOT_FOUND
	case len(answer.Error.Message) <= maxMessage:
		return message, 0
	}
	if len(answer.Error.Message) > maxMessage { // it repeats what was sent
		answer.Error.Message = strings.ToValidUTF8(answer.Error.Message[:maxMessage], "") + "…"
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return message, 0
	}
	return append(raw, '\n'), answer.Error.Code
}

// maxMessage is how long the message of an error may be, in bytes.
const maxMessage = 1000

// mayBeOurs tells whether a message may be an error to be changed, without reading it.
func mayBeOurs(message []byte) bool {
	for _, mark := range []string{invalidParams, resourceNotFound, `"message":"unparsable `} {
		if bytes.Contains(message, []byte(mark)) {
			return true
		}
	}
	return len(message) > maxMessage && bytes.Contains(message, []byte(`"error":{"code":-`))
}

// recoder does so for an answer over HTTP. The status is held back until the body
// is known: the newer revision wants 400 for invalid parameters.
type recoder struct {
	http.ResponseWriter

	modern bool
	id     json.RawMessage // of the request, as it was sent
	status int             // held back; 0 once it was sent
}

func newRecoder(w http.ResponseWriter, modern bool, id json.RawMessage) *recoder {
	return &recoder{ResponseWriter: w, modern: modern, id: id, status: http.StatusOK}
}

// WriteHeader keeps the status for the first Write or Flush.
func (c *recoder) WriteHeader(status int) { c.status = status }

// Write sends one message or part of a stream.
func (c *recoder) Write(p []byte) (int, error) {
	out, code := recode(p)
	if code == mcp.INVALID_PARAMS && c.modern && c.status == http.StatusOK {
		c.status = http.StatusBadRequest
	}
	c.send()
	if _, err := c.ResponseWriter.Write(withID(out, asReturned(c.id), c.id)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush sends what was written so far; streams need it.
func (c *recoder) Flush() {
	c.send()
	_ = http.NewResponseController(c.ResponseWriter).Flush() // a writer that cannot sends all at its end
}

// Unwrap lets http.ResponseController reach the writer behind.
func (c *recoder) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// send sends the status if that was not done. A handler that writes nothing has
// its status sent by the caller.
func (c *recoder) send() {
	if c.status != 0 {
		c.ResponseWriter.WriteHeader(c.status)
		c.status = 0
	}
}
