package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	mcpserver "github.com/mark3labs/mcp-go/server"
)

// stdioWorkers is how many tool calls of one client run at once: the most that
// mcp-go allows. Kommo takes seven requests a second, so many of them only wait
// for their turn; but there the wait is known and ends with the call's time,
// while a call that waits for a worker is not answered until one is free.
const stdioWorkers = 100

// Stdio serves one client on in and out until in ends or ctx does. Both ends
// are successes: a host closes the pipe or sends a signal. After the end of in
// the calls already read are still answered, so that requests may be piped in
// and a write in flight is not cut off.
func Stdio(ctx context.Context, s *mcpserver.MCPServer, in io.Reader, out io.Writer, log *slog.Logger) error {
	stdio := mcpserver.NewStdioServer(s)
	mcpserver.WithWorkerPoolSize(stdioWorkers)(stdio)
	mcpserver.WithErrorLogger(slog.NewLogLogger(log.Handler(), slog.LevelWarn))(stdio)
	pipe := newDrain(ctx, in, out)
	err := stdio.Listen(ctx, pipe, pipe)
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("stdio: %w", err)
}
