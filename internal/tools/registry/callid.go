package registry

import (
	"context"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

type callIDKey struct{}

// PhoneCallID is the id that a voice platform gives its phone call with each tool
// call made during it; empty if it gives none.
func PhoneCallID(ctx context.Context) string {
	id, _ := ctx.Value(callIDKey{}).(string)
	return id
}

// maxCallID bounds an id: what is longer is no id.
const maxCallID = 200

// withPhoneCallID reads the id from where platforms put it: Vapi in the header
// X-Call-Id, ElevenLabs in _meta under a name that its user chose (voice platform
// facts: 1 and 3; host facts: others). A header of any caller is only an id, and
// gives no rights.
func withPhoneCallID(ctx context.Context, r mcp.CallToolRequest) context.Context {
	id := r.Header.Get("X-Call-Id")
	if meta := r.Params.Meta; id == "" && meta != nil {
		for _, name := range []string{"call_id", "conversation_id", "system__conversation_id"} {
			if text, ok := meta.AdditionalFields[name].(string); ok && id == "" {
				id = text
			}
		}
	}
	return WithPhoneCallID(ctx, id)
}

// WithPhoneCallID notes the id that came with a call, if it is one.
func WithPhoneCallID(ctx context.Context, id string) context.Context {
	if id = strings.TrimSpace(id); id == "" || len(id) > maxCallID {
		return ctx
	}
	return context.WithValue(ctx, callIDKey{}, id)
}
