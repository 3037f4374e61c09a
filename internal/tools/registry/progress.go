package registry

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const (
	drainStep = 200 * time.Microsecond
	drainMost = 50 * time.Millisecond
	// lastGrace is how long the last notification needs from the channel to the wire.
	lastGrace = time.Millisecond
)

type progressKey struct{}

// Progress reports to the client how far a job is, if it asked for that: done and total in any unit, done
// growing from call to call.
func Progress(ctx context.Context) func(done, total int, message string) {
	if report, ok := ctx.Value(progressKey{}).(func(int, int, string)); ok {
		return report
	}
	return func(int, int, string) {}
}

// withProgress makes Progress work in a call. flush must run before the call is answered: mcp-go loses the
// last notification over HTTP when the answer follows it at once.
func withProgress(ctx context.Context, r mcp.CallToolRequest) (_ context.Context, flush func()) {
	s, session := server.ServerFromContext(ctx), server.ClientSessionFromContext(ctx)
	if r.Params.Meta == nil || r.Params.Meta.ProgressToken == nil || s == nil || session == nil {
		return ctx, func() {}
	}
	sent := false
	report := func(done, total int, message string) {
		// Nobody waits for it: a report that cannot be sent is no failure of the job.
		sent = s.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), map[string]any{
			"progressToken": r.Params.Meta.ProgressToken, "progress": done, "total": total, "message": message,
		}) == nil || sent
	}
	return context.WithValue(ctx, progressKey{}, report), func() {
		if sent {
			drain(ctx, session)
		}
	}
}

// drain waits until the notifications have left.
func drain(ctx context.Context, session server.ClientSession) {
	for waited := time.Duration(0); len(session.NotificationChannel()) > 0 && waited < drainMost; waited += drainStep {
		rest(ctx, drainStep)
	}
	rest(ctx, lastGrace)
}

func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
