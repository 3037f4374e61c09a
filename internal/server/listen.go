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
	ack, err := acknowledgement(a.id)
	if err != nil {
		return a.recoder.Write(p)
	}
	a.Header().Set("Content-Type", "text/event-stream")
	a.Header().Set("Cache-Control", "no-cache")
	for _, message := range [][]byte{ack, answer} {
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

// acknowledgement is the first message of a listen stream: to nothing.
func acknowledgement(id json.RawMessage) ([]byte, error) {
	return json.Marshal(mcp.JSONRPCNotification{
		JSONRPC: mcp.JSONRPC_VERSION,
		Notification: mcp.Notification{
			Method: mcp.MethodNotificationSubscriptionsAcknowledged,
			Params: mcp.NotificationParams{
				Meta:             map[string]any{mcp.MetaKeySubscriptionID: id},
				AdditionalFields: map[string]any{"notifications": mcp.SubscriptionFilter{}},
			},
		},
	})
}

// acknowledged puts the acknowledgement before the answer of a listen stream on
// standard output, and keeps mcp-go's own back: that comes after the answer, or not
// at all.
func acknowledged(line []byte) []byte {
	if !bytes.Contains(line, []byte(mcp.MetaKeySubscriptionID)) {
		return line
	}
	var m struct {
		Method string `json:"method"`
		Result struct {
			Meta map[string]json.RawMessage `json:"_meta"`
		} `json:"result"`
	}
	if json.Unmarshal(line, &m) != nil {
		return line
	}
	id := m.Result.Meta[mcp.MetaKeySubscriptionID]
	switch {
	case m.Method == mcp.MethodNotificationSubscriptionsAcknowledged:
		return nil
	case id == nil:
		return line
	}
	ack, err := acknowledgement(id)
	if err != nil {
		return line
	}
	return append(append(ack, '\n'), line...)
}
