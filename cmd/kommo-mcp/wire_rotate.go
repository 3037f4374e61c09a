package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// rotate opens the audit log anew at SIGHUP, which programs that rotate logs send
// after they moved it, until the returned function is called. Without this the signal
// would end the process.
func (p *product) rotate(ctx context.Context) (stop func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-over:
				return
			case <-hangup:
			}
			if err := p.audit.Reopen(); err != nil {
				p.log.ErrorContext(ctx, "AUDIT: the audit log cannot be opened; writes will not be on record", "error", err)
			} else {
				p.log.InfoContext(ctx, "audit log opened anew", slog.String("file", p.audit.Path()))
			}
		}
	}()
	return func() {
		signal.Stop(hangup)
		close(over)
	}
}
