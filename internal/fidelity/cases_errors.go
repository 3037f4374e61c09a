package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// errorCases replay error answers; the client must name them right.
func errorCases() []fixture {
	return []fixture{
		{file: "errors/401.json", code: 401, decode: fails(kommo.CodeUnauthorized, ""), ask: &ask{method: "GET", path: "/leads", status: 401, anonymous: true}},
		{file: "errors/403-invalid-scope.json", code: 403, decode: fails(kommo.CodeScope, ""), ask: &ask{method: "DELETE", path: "/tasks/{task}", status: 403}},
		{file: "errors/404-route.json", code: 404, decode: fails(kommo.CodeMethod, ""), ask: &ask{method: "DELETE", path: "/calls/1", status: 404}},
		{file: "errors/405-empty-body.txt", code: 405, decode: fails(kommo.CodeMethod, ""), ask: &ask{method: "DELETE", path: "/leads/{lead}/notes/1", status: 405}},
	}
}

// oauthCases are the answers of the token endpoint. What helps there is the
// hint: the client must pass it on, the sandbox must use the same words.
func oauthCases() []fixture {
	grant := func(file, hint string, change object) fixture {
		body := object{
			"client_id": integration().ClientID, "client_secret": integration().Secret, "redirect_uri": integration().RedirectURI,
			"grant_type": "authorization_code",
		}
		maps.Copy(body, change)
		return fixture{
			file: file, code: 400, same: "hint", decode: fails(kommo.CodeInvalid, hint),
			ask: &ask{method: "POST", path: "/oauth2/access_token", body: body, root: true, status: 400},
		}
	}
	return []fixture{
		grant("errors/400-oauth-client-id.json", "client_id", object{"client_id": "nobody", "code": "x"}),
		grant("errors/400-oauth-code-expired.json", "expired", object{"code": "{expired code}"}),
		grant("errors/400-oauth-code-revoked.json", "revoked", object{"code": "{used code}"}),
		grant("errors/400-oauth-code-undecryptable.json", "decrypt", object{"code": "x"}),
		grant("errors/400-oauth-refresh-invalid.json", "refresh token", object{"grant_type": "refresh_token", "refresh_token": "x"}),
	}
}

// fails is a read that must fail with the code, and say the words.
func fails(code kommo.Code, words string) func(context.Context, *kommo.Client) (any, error) {
	return func(ctx context.Context, c *kommo.Client) (any, error) {
		_, err := c.Leads.Get(ctx, 1)
		if !kommo.HasCode(err, code) || !strings.Contains(err.Error(), words) {
			return nil, fmt.Errorf("not read as %s %q: %w", code, words, err)
		}
		return nil, nil
	}
}
