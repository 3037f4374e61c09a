package server

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
)

// listenAnswer puts the acknowledgement before the answer of subscriptions/listen
// where mcp-go 1.2.1 lost it: the goroutine that forwards notifications may have
// taken it off its queue, and not yet written it, when the answer goes out. Nothing
// can be subscribed to here, so the acknowledgement is always empty and the answer
// always comes at once.
type listenAnswer struct {
	*recoder

	id      json.RawMessage // of the request
	started bool
}

const eventStart, eventEnd = "event: message\ndata: ", "\n\n"

// Write sends one event of the stream, or the answer that should have been one.
func (a *listenAnswer) Write(p []byte) (int, error) {
	first := !a.started
	a.started = true
	answer := bytes.TrimSpace(bytes.TrimPrefix(p, []byte(eventStart)))
	if !first || a.status != http.StatusOK || !isResult(answer) {
		return a.recoder.Write(p)
	}
	acknowledged, err := json.Marshal(mcp.JSONRPCNotification{
		JSONRPC: mcp.JSONRPC_VERSION,
		Notification: mcp.Notification{
			Method: mcp.MethodNotificationSubscriptionsAcknowledged,
			Params: mcp.NotificationParams{
				Meta:             map[string]any{mcp.MetaKeySubscriptionID: a.id},
				AdditionalFields: map[string]any{"notifications": mcp.SubscriptionFilter{}},
			},
		},
	})
	if err != nil {
		return a.recoder.Write(p)
	}
	a.Header().Set("Content-Type", "text/event-stream")
	a.Header().Set("Cache-Control", "no-cache")
	for _, message := range [][]byte{acknowledged, answer} {
		if _, err := a.recoder.Write([]byte(eventStart + string(message) + eventEnd)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func isResult(message []byte) bool {
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	return json.Unmarshal(message, &answer) == nil && answer.Result != nil
}
