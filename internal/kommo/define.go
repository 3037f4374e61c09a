package kommo

import (
	"context"
	"encoding/json"
	"net/http"
)

// definition is a part of the account's set-up: Kommo answers its creation with
// the whole record, unlike that of cards.
type definition interface {
	identity() (id int64, of RequestIDs)
}

// define posts definitions and returns them whole, in the order of the request.
func define[W any, T definition](ctx context.Context, c *Client, op, path, key string, items []W) ([]T, error) {
	if len(items) == 0 {
		return nil, emptyRequest(op)
	}
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: path, Body: items}, &e); err != nil {
		return nil, err
	}
	made, err := records[T](op, e, key)
	if err != nil {
		return nil, unusableReply(op, err)
	}
	return inOrder(op, len(items), made, T.identity)
}

// redefine changes one definition. The answer is the whole record, bare or in the
// envelope of a list. One that cannot be read is no failure: the change was taken.
func redefine[T any](ctx context.Context, c *Client, op, path, key string, body any) (T, error) {
	var out T
	var raw json.RawMessage
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: path, Body: body}, &raw); err != nil {
		return out, err
	}
	var e envelope
	if unmarshal(raw, &e) == nil {
		if list, err := records[T]("", e, key); err == nil && len(list) > 0 {
			return list[0], nil
		}
	}
	var bare T
	if unmarshal(raw, &bare) == nil {
		out = bare
	}
	return out, nil
}

// remove deletes one record. Kommo answers 204.
func remove(ctx context.Context, c *Client, op, path string) error {
	_, err := c.Do(ctx, Request{Op: op, Method: http.MethodDelete, Path: path}, nil)
	return err
}
