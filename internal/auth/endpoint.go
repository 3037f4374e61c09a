package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

// App is our integration as it is registered with Kommo.
type App struct {
	ClientID    string
	Secret      Secret
	RedirectURL string // byte for byte as registered
}

// endpoint speaks to Kommo's OAuth addresses.
type endpoint struct {
	app       App
	base      *url.URL // on loopback: stands for every Kommo host; nil: the hosts themselves
	transport http.RoundTripper
	userAgent string
	timeout   time.Duration
}

const (
	maxAnswer      = 1 << 20
	requestTimeout = 6 * time.Second
)

// pair is what the token endpoint gives.
type pair struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int64  `json:"expires_in"`
}

// refusal is a definite no of the token endpoint.
type refusal struct {
	status int
	hint   string // Kommo's word, in English; empty if there was none
}

func (r *refusal) Error() string {
	if r.hint == "" {
		return fmt.Sprintf("Kommo refused with status %d", r.status)
	}
	return "Kommo refused: " + r.hint
}

// errUnclear is told when nothing definite came back: the exchange may have been
// carried out.
var errUnclear = errors.New("no clear answer from Kommo")

// grant asks for a pair: with a code, or with a refresh token.
func (e *endpoint) grant(ctx context.Context, host, grantType, field string, proof Secret) (pair, error) {
	body, err := json.Marshal(map[string]string{
		"client_id": e.app.ClientID, "client_secret": e.app.Secret.Reveal(), "redirect_uri": e.app.RedirectURL,
		"grant_type": grantType, field: proof.Reveal(),
	})
	if err != nil {
		return pair{}, errors.New("the request cannot be written as JSON")
	}
	status, answer, err := e.do(ctx, http.MethodPost, host, "/oauth2/access_token", body, nil)
	if err != nil {
		return pair{}, err
	}
	if status != http.StatusOK {
		// Before anything of it is quoted.
		return pair{}, refused(status, []byte(redact.Hide(string(answer), e.app.Secret.Reveal(), proof.Reveal())))
	}
	var p pair
	if json.Unmarshal(answer, &p) != nil || p.Access == "" || p.Refresh == "" {
		return pair{}, fmt.Errorf("%w: the answer was cut off or is none of the token endpoint", errUnclear)
	}
	return p, nil
}

// refused reads the error envelope. What is no envelope says nothing about the
// grant: a proxy's page, an overload, a block.
func refused(status int, answer []byte) error {
	var e struct {
		Hint   string `json:"hint"`
		Status int    `json:"status"`
	}
	isEnvelope := json.Unmarshal(answer, &e) == nil
	switch {
	case status == http.StatusNotFound: // no account of that name
		return &refusal{status: status}
	case isEnvelope && e.Hint != "" && (status == http.StatusBadRequest || status == http.StatusUnauthorized):
		return &refusal{status: status, hint: printable(e.Hint)}
	case isEnvelope && status == http.StatusUnauthorized:
		return &refusal{status: status}
	}
	return fmt.Errorf("%w: status %d", errUnclear, status)
}

// printable bounds a text of the other side before it reaches people.
func printable(s string) string {
	out := make([]rune, 0, 120)
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		if out = append(out, r); len(out) == cap(out) {
			break
		}
	}
	return string(out)
}

// subdomain asks which host the account of a refresh token has now. It works
// after the access token's end and does not use the refresh token up.
func (e *endpoint) subdomain(ctx context.Context, apiDomain string, refresh Secret) (kommo.Account, error) {
	at, ok := CheckHost(apiDomain)
	if !ok {
		return kommo.Account{}, errors.New("the token names no address to ask for the account's host")
	}
	header := http.Header{"X-Refresh-Token": {refresh.Reveal()}}
	status, answer, err := e.do(ctx, http.MethodGet, at.Host, "/oauth2/account/current/subdomain", nil, header)
	if err != nil {
		return kommo.Account{}, err
	}
	if status == http.StatusUnauthorized {
		return kommo.Account{}, &refusal{status: status}
	}
	var found struct {
		Domain string `json:"domain"`
	}
	if status != http.StatusOK || json.Unmarshal(answer, &found) != nil {
		return kommo.Account{}, fmt.Errorf("%w: status %d", errUnclear, status)
	}
	account, ok := CheckHost(found.Domain)
	if !ok {
		return kommo.Account{}, errors.New("the host that Kommo named for the account is in none of its zones")
	}
	return account, nil
}

// accountID asks for the number of an account whose token does not tell it.
func (e *endpoint) accountID(ctx context.Context, host string, access Secret) (int64, error) {
	header := http.Header{"Authorization": {"Bearer " + access.Reveal()}}
	status, answer, err := e.do(ctx, http.MethodGet, host, "/api/v4/account", nil, header)
	if err != nil {
		return 0, err
	}
	if status == http.StatusUnauthorized {
		return 0, &refusal{status: status}
	}
	var found struct {
		ID int64 `json:"id"`
	}
	if status != http.StatusOK || json.Unmarshal(answer, &found) != nil || found.ID <= 0 {
		return 0, fmt.Errorf("%w: status %d", errUnclear, status)
	}
	return found.ID, nil
}

// do sends one request, once, and follows no redirect: secrets go to the host
// that was checked and nowhere else.
func (e *endpoint) do(ctx context.Context, method, host, path string, body []byte, header http.Header) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	to := url.URL{Scheme: "https", Host: host, Path: path}
	if e.base != nil {
		to.Scheme, to.Host = e.base.Scheme, e.base.Host
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the request could not be built")
	}
	// Without GetBody and on a connection of its own, net/http never repeats it.
	req.GetBody, req.Close, req.Host = nil, true, host
	maps.Copy(req.Header, header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", e.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := e.transport.RoundTrip(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %s could not be reached or did not answer", errUnclear, host)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: the answer of %s broke off", errUnclear, host)
	}
	return res.StatusCode, answer, nil
}
