package kommo

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// decode puts the JSON of a success into the caller's value. 204 and 304 carry
// none and leave it untouched, as does a 202 without JSON: Kommo took the
// request on and will carry it out later.
func (c *Client) decode(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		rep, err := next(ctx, o)
		if err != nil {
			return nil, err
		}
		switch {
		case rep.status == http.StatusNoContent, rep.status == http.StatusNotModified, o.method == http.MethodHead:
			return rep, nil
		case len(rep.body) == 0 && (o.into == nil || rep.status == http.StatusAccepted):
			return rep, nil
		case !looksLikeJSON(rep.body) && rep.status == http.StatusAccepted:
			return rep, nil
		}
		return rep, decodeBody(o, rep)
	}
}

func decodeBody(o outgoing, rep *reply) error {
	e := &Error{Status: rep.status, Code: CodeBadResponse, RequestID: requestID(rep.header), sent: true}
	switch {
	case len(rep.body) == 0:
		e.Message = "Kommo answered without data"
		return e
	case !looksLikeJSON(rep.body):
		e.Message = "Kommo answered with something that is not its API's data, perhaps a web page"
		return e
	case !json.Valid(rep.body):
		e.Message = "Kommo's answer is cut off or damaged"
		return e
	case o.into == nil:
		return nil
	}
	if err := unmarshal(rep.body, o.into); err != nil {
		e.Message, e.Err = "Kommo's answer has an unexpected form", err
		return e
	}
	return nil
}

// looksLikeJSON tells data from web pages by the first character: error pages
// come with every content type.
func looksLikeJSON(body []byte) bool {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}
