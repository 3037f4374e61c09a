package kommo

import (
	"net/http"
	"testing"
)

// TestTheClientFollowsAnAccountThatMoved: the loopback base stays what is
// dialled, Host is the new name, and a host of no zone is not followed.
func TestTheClientFollowsAnAccountThatMoved(t *testing.T) {
	var host, user string
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, user = r.Host, r.Header.Get("X-Context-User-ID")
		answer(200, "application/json", `{}`)(w, r)
	}))
	for _, tc := range []struct{ to, want string }{
		{"renamed.kommo.com", "renamed.kommo.com"},
		{"renamed.kommo.com.example.com", "renamed.kommo.com"},
		{"www.kommo.com", "renamed.kommo.com"},
	} {
		c.Move(Account{Host: tc.to})
		if _, err := c.Do(t.Context(), Request{Path: "/account"}, nil); err != nil || host != tc.want || c.Home() != "https://"+tc.want {
			t.Errorf("%s: asked %q, home %s, %v", tc.to, host, c.Home(), err)
		}
	}
	if user != "" {
		t.Errorf("a context user %q was sent unasked", user)
	}
	WithContextUser(7)(c)
	if _, err := c.Do(t.Context(), Request{Path: "/account"}, nil); err != nil || user != "7" {
		t.Errorf("context user %q, %v", user, err)
	}
}

// TestMovedWithoutABase: the new host is dialled, over https.
func TestMovedWithoutABase(t *testing.T) {
	c := New(Account{Host: "old.kommo.com"}, fixedToken(secretToken))
	c.Move(Account{Subdomain: "new", Host: "new.kommo.com", Zone: "kommo.com"})
	at := c.target(outgoing{path: "/api/v4/account"})
	if at.String() != "https://new.kommo.com/api/v4/account" || c.Address().Subdomain != "new" {
		t.Errorf("dials %s", at)
	}
}
