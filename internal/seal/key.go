package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

const keySize = 32

// Key is a secret of 32 bytes and its public name, by which sealed data tells
// which key opens it. It never prints the secret.
type Key struct {
	ID  string // 16 hexadecimal digits
	raw string
}

// NewKey makes a random key.
func NewKey() (Key, error) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return keyOf(raw)
}

var errKeyText = errors.New("an encryption key is 32 random bytes in base64 or hexadecimal, as openssl rand -base64 32 prints them")

// ParseKey reads a key as people and secret stores keep it: base64 of either
// alphabet, padded or not, or hexadecimal. What was wrong is never quoted.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == keySize {
		return keyOf(raw)
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != keySize {
		return Key{}, errKeyText
	}
	return keyOf(raw)
}

func keyOf(raw []byte) (Key, error) {
	id, err := hkdf.Key(sha256.New, raw, nil, "kommo-mcp key name", 8)
	return Key{ID: hex.EncodeToString(id), raw: string(raw)}, err
}

// text is what ParseKey reads.
func (k Key) text() string { return base64.StdEncoding.EncodeToString([]byte(k.raw)) }

// String is the name; the secret is for aead and text alone.
func (k Key) String() string { return "key " + k.ID }

// GoString is String.
func (k Key) GoString() string { return k.String() }

// aead is AES-256-GCM with a random nonce before each sealed text.
func (k Key) aead() (cipher.AEAD, error) {
	sub, err := hkdf.Key(sha256.New, []byte(k.raw), nil, "kommo-mcp seal v1", keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
