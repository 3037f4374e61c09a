package access_test

import (
	"context"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// FuzzFindHook: no address but the very one is found, and of no other platform.
func FuzzFindHook(f *testing.F) {
	st := store.NewMemory(time.Now)
	f.Cleanup(func() { _ = st.Close() })
	hooks := access.NewHooks(st, time.Now, func(context.Context, string) (bool, error) { return true, nil })
	part, _, err := hooks.Create(f.Context(), access.Hook{Platform: "vapi"}, "secret")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("vapi", access.HookPrefix)
	f.Add("", "")
	f.Add("vapi", access.HookPrefix+"\x00'; --")
	f.Fuzz(func(t *testing.T, platform, text string) {
		for _, given := range []string{text, access.HookPrefix + text, part + text} {
			taken, ok, err := hooks.Find(t.Context(), platform, given)
			if err != nil || ok != (platform == "vapi" && given == part) || !ok && taken != (access.Taken{}) {
				t.Errorf("%q %q: %v %v %v", platform, given, taken, ok, err)
			}
		}
	})
}
