package crm_test

import (
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// delayed holds every request back a little, so that those sent at once are seen
// under way together.
func delayed() sandbox.Fault {
	return sandbox.Fault{Kind: sandbox.FaultDelay, Latency: 20 * time.Millisecond, Times: -1}
}
