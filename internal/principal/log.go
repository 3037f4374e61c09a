package principal

import (
	"context"
	"log/slog"
)

const accountKey = "account"

// LogHandler adds the account that a request is served for to every line about it
// that does not name one: whatever is logged can be told apart by account.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next, false} }

type logHandler struct {
	slog.Handler

	named bool // by attributes of the logger
}

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	named := h.named
	r.Attrs(func(a slog.Attr) bool {
		named = named || a.Key == accountKey
		return !named
	})
	if account := From(ctx).Account; account != "" && !named {
		r = r.Clone()
		r.AddAttrs(slog.String(accountKey, account))
	}
	return h.Handler.Handle(ctx, r)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	named := h.named
	for _, a := range attrs {
		named = named || a.Key == accountKey
	}
	return logHandler{h.Handler.WithAttrs(attrs), named}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name), h.named}
}
