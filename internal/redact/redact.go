// Package redact takes secrets out of texts that others may read: of logs, of
// messages, and of errors that quote what somebody else wrote.
package redact

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Mark stands where a secret stood.
const Mark = "[hidden]"

const (
	// least keeps from tearing up words: no real secret is as short, and a stand-in
	// for one is none.
	least = 8
	// telling is how much of a longer secret counts as the secret: others cut what
	// they quote.
	telling = 12
)

// Hide takes secrets out, whole or their beginnings, as they are and as a URL has
// them.
func Hide(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < least {
			continue
		}
		s = hide(s, secret)
		if escaped := url.QueryEscape(secret); escaped != secret {
			s = hide(s, escaped)
		}
	}
	return s
}

// hide takes out each beginning of a secret, as far as it goes.
func hide(s, secret string) string {
	head := secret[:min(len(secret), telling)]
	if !strings.Contains(s, head) {
		return s
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, head)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(Mark)
		s = after[common(after, secret[len(head):]):]
	}
}

// common is how many bytes two texts begin with alike.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// shapes are what secrets look like that nobody has told us of. The first group of
// each is kept.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`\b(kmcp_)\w{12,}`),                               // what we give out
	regexp.MustCompile(`()\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?`),       // JSON web tokens
	regexp.MustCompile(`()\bdef50[0-9a-f]{40,}`),                         // Kommo's codes and refresh tokens
	regexp.MustCompile(`(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}`),      // a header
	regexp.MustCompile(`(://)[^/\s"'@]+@`),                               // who asks, in a URL
	regexp.MustCompile(`(?i)((?:^|[?&\s"'])` + names + `=)[^\s"'&]{8,}`), // in a query or a form
	regexp.MustCompile(`(?i)([?&](?:code|state)=)[^\s"'&]{8,}`),          // words of our own, too, elsewhere
	regexp.MustCompile(`(?i)("(?:code|` + names + `)"\s*:\s*")[^"]{8,}`), // in JSON
}

const names = `(?:access_token|refresh_token|client_secret|code_verifier|token|secret|signature|password|api_key)`

// Text takes out what looks like a secret.
func Text(s string) string {
	for _, shape := range shapes {
		s = shape.ReplaceAllString(s, "${1}"+Mark)
	}
	return s
}

// Redactor knows secrets by heart; without any it goes by looks.
type Redactor struct{ secrets []string }

// New knows secrets.
func New(secrets ...string) Redactor {
	return Redactor{secrets: slices.Clone(secrets)}
}

// Text takes out the secrets that are known, and what looks like one.
func (r Redactor) Text(s string) string {
	return Text(Hide(s, r.secrets...))
}

// Attr is a slog.HandlerOptions.ReplaceAttr: it does so in messages and values.
func (r Redactor) Attr(_ []string, a slog.Attr) slog.Attr {
	var text string
	switch a.Value.Kind() {
	case slog.KindString:
		text = a.Value.String()
	case slog.KindAny:
		text = fmt.Sprintf("%+v", a.Value.Any())
	default:
		return a
	}
	if clean := r.Text(text); clean != text {
		a.Value = slog.StringValue(clean)
	}
	return a
}
