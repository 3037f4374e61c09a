package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

// maxSignature is how long a signature header may be: SHA-512 in hex with a prefix has room twice.
const maxSignature = 300

// mac is the HMAC of the parts, one after the other.
func mac(h func() hash.Hash, secret string, parts ...[]byte) []byte {
	m := hmac.New(h, []byte(secret))
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// sha256Hex is the HMAC-SHA256 of the parts in lower-case hex.
func sha256Hex(secret string, parts ...[]byte) string {
	return hex.EncodeToString(mac(sha256.New, secret, parts...))
}

// same compares in a time that tells nothing about what is wanted, nor how long it is.
func same(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// header is a request's header, or ErrUnsigned; an endless one is no signature.
func (r Request) header(name string) (string, error) {
	v := strings.TrimSpace(r.Header.Get(name))
	switch {
	case v == "":
		return "", fmt.Errorf("%w: no header %s", ErrUnsigned, name)
	case len(v) > maxSignature:
		return "", fmt.Errorf("%w: header %s is too long", ErrSignature, name)
	}
	return v, nil
}

// parts reads a header of the form "v=1,d=2"; a key may come more than once.
func parts(header string) map[string][]string {
	out := map[string][]string{}
	for part := range strings.SplitSeq(header, ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			out[k] = append(out[k], v)
		}
	}
	return out
}

// signedAt reads the time that a platform signed, in seconds or milliseconds.
func signedAt(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if t := epoch(float64(n)); err == nil && !t.IsZero() {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%w: the signed time is no time", ErrSignature)
}
