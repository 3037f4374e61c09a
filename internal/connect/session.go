package connect

import (
	"context"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/pages"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// sessionKind is what the browser that connected an account is kept as, for as
// long as its cookie lasts.
const sessionKind = "connected"

// remember keeps that this browser has connected an account: as the last one, and by
// its number, since a second window may be at another one. limited: by somebody who is no
// administrator.
func (s *Site) remember(ctx context.Context, bound string, g store.Grant, limited bool) error {
	body := g.Host
	if limited {
		body += limitedMark
	}
	for _, name := range []string{sessionName(bound, ""), sessionName(bound, g.Account)} {
		err := s.Store.PutTicket(ctx, store.Ticket{
			Kind: sessionKind, Name: name, Account: g.Account, Body: []byte(body), Expires: s.now().Add(pages.CookieTime),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sessionName(bound, account string) string {
	if account == "" {
		return digest(bound)
	}
	return digest(bound + " " + account)
}

// session is an account that a browser has connected.
type session struct {
	account, host string
	limited       bool   // connected by somebody who is no administrator
	bound         string // the browser's secret, where it sent a form
}

const limitedMark = " limited"

// connected is the account with that number, if this browser has connected it and it
// still is; without a number the last one.
func (s *Site) connected(ctx context.Context, bound, account string) (is session, ok bool, err error) {
	t, ok, err := s.Store.Ticket(ctx, sessionKind, sessionName(bound, account))
	if err != nil || !ok {
		return session{}, false, err
	}
	host, limited := strings.CutSuffix(string(t.Body), limitedMark)
	return session{account: t.Account, host: host, limited: limited}, true, nil
}
