package crm

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// cursor is where a list goes on. It is bound to the question it came from: a
// cursor of another search would silently answer something else.
type cursor struct {
	Page  int    `json:"p"`           // page of the underlying Kommo list, from 1
	Skip  int    `json:"s,omitempty"` // rows of that page already given
	Query string `json:"q"`           // digest of the question
	// Until holds a list still that grows at its head: only what is not younger
	// than this second belongs to it. 0 for lists that stand still.
	Until int64 `json:"u,omitempty"`
	Given int   `json:"n,omitempty"` // rows that earlier answers gave, for the total
}

// encode makes the opaque text that a client passes back.
func (c cursor) encode() string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // a struct of numbers and a string always marshals
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decodeCursor reads a cursor that belongs to the question; empty text is the
// first page.
func decodeCursor(text, query string) (cursor, error) {
	if text == "" {
		return cursor{Page: 1, Query: query}, nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.Page < 1 || c.Skip < 0 || c.Until < 0 || c.Given < 0 {
		return c, problem.Invalid("cursor", "the cursor is not one of this server").
			WithNext("Pass next_cursor exactly as the previous answer gave it, or leave it out to start again.")
	}
	if c.Query != query {
		return c, problem.Invalid("cursor", "the cursor belongs to a search with other arguments").
			WithNext("Repeat the arguments of the search that gave it, or leave the cursor out to start again.")
	}
	return c, nil
}

// questionOf digests the arguments that a cursor is bound to.
func questionOf(args any) (string, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("digest of the question: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6]), nil
}
