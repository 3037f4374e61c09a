package kommo

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

const mostRedirects = 3

// redirect follows the redirects of reads within the host. Anything else is
// refused: another host must not see the token, and a redirected write may
// have been carried out or not.
func (c *Client) redirect(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		for range mostRedirects + 1 {
			rep, err := next(ctx, o)
			if err != nil || !isRedirect(rep.status) {
				return rep, err
			}
			to, err := c.location(o, rep)
			if err != nil {
				return nil, err
			}
			o.path, o.query = to.Path, to.RawQuery
		}
		return nil, redirectError(0, "Kommo redirects the request in circles")
	}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// location returns where a redirect leads if it may be followed.
func (c *Client) location(o outgoing, rep *reply) (*url.URL, error) {
	to, err := url.Parse(rep.header.Get("Location"))
	if err != nil || rep.header.Get("Location") == "" {
		return nil, redirectError(rep.status, "Kommo redirected the request to nowhere")
	}
	to = c.target(o).ResolveReference(to)
	if !c.origin(o).holds(to) {
		text := "Kommo redirected the request to another host, which was refused"
		if account, known := accountOf(strings.ToLower(to.Hostname())); known {
			text += "; if the account moved, set its address to " + account.Host
		}
		return nil, redirectError(rep.status, text)
	}
	if !o.reads() {
		return nil, redirectError(rep.status, "Kommo redirected a write, which was not followed")
	}
	return to, nil
}

func redirectError(status int, text string) *Error {
	return &Error{Status: status, Code: CodeRedirect, Message: text, sent: true}
}
