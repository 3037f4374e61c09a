// Package canary looks for secrets in output, in every form in which they might get
// there. For tests and .ci/canary.
package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Secret is something that must not show, and what it is.
type Secret struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Leak is a secret that shows.
type Leak struct {
	Secret

	Form    string // "plain", "base64", …
	Excerpt string // what stands around it
}

// Form is one way in which a secret may be written.
type Form struct{ Name, Text string }

const (
	head    = 12 // so much of the beginning gives a secret away
	around  = 60
	leastID = 16 // bytes of a key that a text stands for
)

// Forms are the ways in which a secret may be written, the plainest first.
func Forms(secret string) []Form {
	all := []Form{{"plain", secret}, {"URL-encoded", url.QueryEscape(secret)}, {"path-encoded", url.PathEscape(secret)}, {"JSON", quoted(secret)}, {"JSON with slashes", strings.ReplaceAll(secret, "/", `\/`)}}
	all = append(all, encoded("", []byte(secret))...)
	for _, raw := range keys(secret) {
		all = append(all, Form{"the bytes of it", string(raw)})
		all = append(all, encoded("the bytes of it in ", raw)...)
	}
	all = append(all, Form{"its beginning", beginning(secret)})
	var out []Form
	for _, f := range all {
		if !slices.ContainsFunc(out, func(known Form) bool { return known.Text == f.Text }) {
			out = append(out, f)
		}
	}
	return out
}

// beginning leaves out the header of a JSON web token, which is everybody's.
func beginning(secret string) string {
	if strings.Count(secret, ".") == 2 && strings.HasPrefix(secret, "eyJ") {
		_, secret, _ = strings.Cut(secret, ".")
		secret = secret[strings.IndexByte(secret, '.')+1:]
	}
	return secret[:min(len(secret), head)]
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return strings.Trim(string(raw), `"`)
}

// encoded are hex, and base64 wherever in a longer text the secret begins.
func encoded(prefix string, raw []byte) []Form {
	out := []Form{{prefix + "hex", hex.EncodeToString(raw)}, {prefix + "HEX", strings.ToUpper(hex.EncodeToString(raw))}}
	for shift := range 3 {
		padded := append(make([]byte, shift), raw...)
		padded = padded[:len(padded)-len(padded)%3] // the rest depends on what follows
		skip := (shift*8 + 5) / 6                   // what depends on what comes before
		out = append(out,
			Form{prefix + "base64", base64.RawStdEncoding.EncodeToString(padded)[skip:]},
			Form{prefix + "base64", base64.RawURLEncoding.EncodeToString(padded)[skip:]})
	}
	return out
}

// keys are the bytes that a text stands for, if it is an encoded key.
func keys(text string) (out [][]byte) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if raw, err := decode(text); err == nil && len(raw) >= leastID {
			out = append(out, raw)
		}
	}
	return out
}

// Search finds the secrets in a text, each once.
func Search(text string, secrets ...Secret) (out []Leak) {
	for _, s := range secrets {
		for _, f := range Forms(s.Value) {
			if i := strings.Index(text, f.Text); i >= 0 {
				out = append(out, Leak{s, f.Name, text[max(0, i-around):min(len(text), i+len(f.Text)+around)]})
				break
			}
		}
	}
	return out
}
