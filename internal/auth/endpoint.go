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

// refreshGrant is the grant_type of a renewal.
const refreshGrant = "refresh_token"

const (
	maxAnswer      = 1 << 20
	requestTimeout = 6 * time.Second
)

// grant asks for a pair: with a code, or with a refresh token.
func (e *endpoint) grant(ctx context.Context, host, grantType, field string, proof Secret) (pair, error) {
	body, err := json.Marshal(map[string]string{
		"client_id": e.app.ClientID, "client_secret": e.app.Secret.Reveal(), "redirect_uri": e.app.RedirectURL,
		"grant_type": grantType, field: proof.Reveal(),
	})
	if err != nil {
		return pair{}, errors.New("the request cannot be written as JSON")
	}
	res, err := e.do(ctx, http.MethodPost, host, "/oauth2/access_token", body, nil)
	if err != nil {
		return pair{}, err
	}
	if res.status < 200 || res.status > 299 {
		// Before anything of it is quoted.
		res.body = []byte(redact.Hide(string(res.body), e.app.Secret.Reveal(), proof.Reveal()))
		return pair{}, refused(res)
	}
	former := "" // a code brings a refresh token, or the account could not be kept connected
	if grantType == refreshGrant {
		former = proof.Reveal()
	}
	return readPair(res.body, former)
}

// subdomain asks which host the account of a refresh token has now, at the checked host
// of the token's api_domain. It works after the access token's end and does not use the
// refresh token up.
func (e *endpoint) subdomain(ctx context.Context, at string, refresh Secret) (kommo.Account, error) {
	header := http.Header{"X-Refresh-Token": {refresh.Reveal()}}
	res, err := e.do(ctx, http.MethodGet, at, "/oauth2/account/current/subdomain", nil, header)
	if err != nil {
		return kommo.Account{}, err
	}
	if res.status == http.StatusUnauthorized {
		return kommo.Account{}, &refusal{status: res.status}
	}
	var found struct {
		Domain string `json:"domain"`
	}
	if res.status != http.StatusOK || json.Unmarshal(res.body, &found) != nil {
		return kommo.Account{}, unclear(res)
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
	res, err := e.do(ctx, http.MethodGet, host, "/api/v4/account", nil, header)
	if err != nil {
		return 0, err
	}
	if res.status == http.StatusUnauthorized {
		return 0, &refusal{status: res.status}
	}
	var found struct {
		ID int64 `json:"id"`
	}
	if res.status != http.StatusOK || json.Unmarshal(res.body, &found) != nil || found.ID <= 0 {
		return 0, unclear(res)
	}
	return found.ID, nil
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// do sends one request, once, and follows no redirect: secrets go to the host
// that was checked and nowhere else.
func (e *endpoint) do(ctx context.Context, method, host, path string, body []byte, header http.Header) (answered, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	to := url.URL{Scheme: "https", Host: host, Path: path}
	if e.base != nil {
		to.Scheme, to.Host = e.base.Scheme, e.base.Host
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return answered{}, errors.New("the request could not be built")
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
		return answered{}, fmt.Errorf("%w: %s could not be reached or did not answer", errUnclear, host)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answered{}, fmt.Errorf("%w: the answer of %s broke off", errUnclear, host)
	}
	return answered{res.StatusCode, res.Header, answer}, nil
}
