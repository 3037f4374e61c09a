package server

import (
	"cmp"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// CallsEndpoint is where programs that speak no MCP log calls. Below it are the
// webhooks of platforms, each under the platform's name.
const CallsEndpoint = "/v1/calls"

// LogCallTool is the tool that CallsEndpoint runs.
const LogCallTool = "post_call_summary"

// callsEndpoint takes the tool's input as JSON and answers its output; the status
// says in short what the output says.
type callsEndpoint struct{ web Web }

func (e callsEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !onlyPost(w, r) {
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, problem.InvalidArgument, "the body has to be JSON", "Send the header Content-Type: application/json.")
		return
	}
	if e.web.LogCall == nil {
		refuse(w, http.StatusForbidden, problem.ReadOnly, "this server logs no calls: it runs in read mode, or "+LogCallTool+" is left out", "Start it with KOMMO_MCP_MODE=write and without leaving the tool out.")
		return
	}
	body, done, ok := e.web.body(w, r, maxBody, principal.From(r.Context()))
	if !ok {
		return
	}
	defer done()
	if !json.Valid(body) {
		refuse(w, http.StatusBadRequest, problem.InvalidArgument, "the body is no valid JSON", "Send one JSON object with the arguments of "+LogCallTool+".")
		return
	}
	ctx, cancel := context.WithTimeout(registry.WithPhoneCallID(r.Context(), r.Header.Get("X-Call-Id")), requestLimit)
	defer cancel()
	res := e.web.LogCall.Call(ctx, body)
	status, wait := callStatus(res)
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
	writeRaw(w, status, res.Structured)
}

// callStatus is the answer's status in HTTP's words, and the seconds to wait where
// waiting helps.
func callStatus(res registry.Result) (status, retryAfter int) {
	var answer struct {
		Status string `json:"status"`
		Error  struct {
			Code       problem.Code `json:"code"`
			RetryAfter int          `json:"retry_after"`
		} `json:"error"`
	}
	if json.Unmarshal(res.Structured, &answer) != nil {
		return http.StatusInternalServerError, 0
	}
	if !res.IsError {
		return writtenStatus(answer.Status), 0
	}
	status = errorStatus(answer.Error.Code)
	if status == http.StatusServiceUnavailable {
		return status, cmp.Or(answer.Error.RetryAfter, 10)
	}
	return status, 0
}

func writtenStatus(status string) int {
	switch status {
	case crm.CallQueued:
		return http.StatusAccepted
	case crm.CallNeedsChoice:
		return http.StatusConflict
	case crm.CallRejected:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func errorStatus(code problem.Code) int {
	switch code {
	case problem.NoToken, problem.Unavailable, problem.Timeout, problem.Canceled:
		return http.StatusServiceUnavailable
	case problem.Internal:
		return http.StatusInternalServerError
	case problem.ReadOnly:
		return http.StatusForbidden
	case problem.NeedsChoice:
		return http.StatusConflict
	default:
		return http.StatusUnprocessableEntity
	}
}

func onlyPost(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodPost {
		return true
	}
	w.Header().Set("Allow", http.MethodPost)
	refuse(w, http.StatusMethodNotAllowed, problem.InvalidArgument, "use POST", "See /openapi.json.")
	return false
}
