package kommo

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

// TokenInvalidator is a token source that can get another token. After a 401
// it is told which token was refused and then asked once more; if it comes
// with a different one, the call is repeated with that.
type TokenInvalidator interface {
	oauth2.TokenSource
	Invalidate(refused *oauth2.Token)
}

// Relocator is a token source that can find out whether its account has got another
// address. It is asked when a host answers as if the account were not there; true means
// that Move was called.
type Relocator interface {
	Relocate(ctx context.Context) bool
}

// relocated reports whether a call failed because the account has moved, which the
// client follows. The answer itself decides nothing: any host may redirect anywhere.
func (c *Client) relocated(ctx context.Context, o outgoing, err error) bool {
	source, finds := c.tokens.(Relocator)
	e, failed := errors.AsType[*Error](err)
	if !finds || !failed || o.drive != nil {
		return false
	}
	gone := e.Code == CodeRedirect || e.Status == http.StatusNotFound && e.Code == CodeBadResponse
	return gone && source.Relocate(ctx)
}

// auth puts the access token on the call. A refused call was not carried out,
// so repeating it with a fresh token is safe for every method.
func (c *Client) auth(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		token, err := c.token()
		if err != nil {
			return nil, err
		}
		o.token = token.AccessToken
		rep, err := next(ctx, o)
		if c.relocated(ctx, o, err) && o.reads() {
			rep, err = next(ctx, o)
		}
		source, refreshes := c.tokens.(TokenInvalidator)
		if !refreshes || !HasCode(err, CodeUnauthorized) {
			return rep, withoutToken(err, o.token)
		}
		source.Invalidate(token)
		fresh, tokenErr := c.token()
		if tokenErr != nil {
			return nil, withoutToken(tokenErr, o.token) // why there is no other token says more than the refusal
		}
		if fresh.AccessToken == o.token {
			return rep, withoutToken(err, o.token)
		}
		o.token = fresh.AccessToken
		rep, err = next(ctx, o)
		return rep, withoutToken(err, o.token)
	}
}

// token asks the source. Its errors may quote the answer of a token endpoint,
// so their text stays in Err.
func (c *Client) token() (*oauth2.Token, error) {
	if c.tokens == nil {
		return nil, &Error{Code: CodeUnauthorized, Message: "no access token is set"}
	}
	token, err := c.tokens.Token()
	if e, ok := errors.AsType[*Error](err); ok {
		copied := *e
		return nil, &copied
	}
	if err != nil {
		return nil, &Error{Code: CodeUnauthorized, Message: "no access token could be had", Err: err}
	}
	if token == nil || token.AccessToken == "" {
		return nil, &Error{Code: CodeUnauthorized, Message: "no access token is set"}
	}
	if strings.ContainsFunc(token.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &Error{Code: CodeUnauthorized, Message: "the access token holds blanks or other characters that no token has; was it copied whole?"}
	}
	return token, nil
}

// withoutToken removes the token from texts that a server or a proxy echoed.
func withoutToken(err error, token string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	hide := func(s string) string { return redact.Hide(s, token) }
	e.Message, e.RequestID = hide(e.Message), hide(e.RequestID)
	for i, f := range e.Fields {
		e.Fields[i] = FieldError{Item: hide(f.Item), Path: hide(f.Path), Code: hide(f.Code), Detail: hide(f.Detail)}
	}
	if e.Err != nil && hide(e.Err.Error()) != e.Err.Error() {
		e.Err = nil
	}
	return e
}
