package auth

import (
	"log/slog"

	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

// Secret is a text that never prints: not in logs, errors or dumps of a struct.
// Reveal is the one way to it.
type Secret string

const hidden = redact.Mark

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
