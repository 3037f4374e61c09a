package connect_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

func sign(secret, message string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message))
	return hex.EncodeToString(mac.Sum(nil))
}

func word(account string) url.Values {
	return url.Values{"account_id": {account}, "client_uuid": {clientID}, "signature": {sign(canary, clientID+"|"+account)}}
}

// TestSignatureOfTheFacts holds the test's own signature to the published example.
func TestSignatureOfTheFacts(t *testing.T) {
	if got := sign("5f2c9d1e7b", "cid-1|123"); got != "fbc637c5d1def4bf482775c6e296cef2f2a42faf5c2b59f07d450a9e093d1e6d" {
		t.Errorf("signed %s", got)
	}
}

func TestDisconnect(t *testing.T) {
	g := newRig(t, nil)
	b := g.browser()
	b.connect(first)
	b.connect(second)
	key := store.Ticket{Kind: "key", Name: "k1", Account: "31000001"}
	if err := g.store.PutTicket(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	g.clock.Advance(time.Hour)
	g.sb.Disconnect(first, clientID)
	ended := word("31000001").Encode()
	if a := g.browser().get("/oauth/disconnect?" + ended); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if list := g.grants(); len(list) != 1 || list[0].Host != second {
		t.Errorf("left: %+v", list)
	}
	if _, ok, err := g.store.Ticket(t.Context(), "key", "k1"); err != nil || ok {
		t.Errorf("its key is left: %v %v", ok, err)
	}
	if a := b.get("/connect/done"); strings.Contains(a.body, first) {
		t.Error("the page still says that it is connected")
	}
	if a := g.browser().get("/oauth/disconnect?" + ended); a.status != http.StatusOK {
		t.Errorf("sent again: %d", a.status)
	}
	b.connect(first)
	if a := g.browser().get("/oauth/disconnect?" + ended); a.status != http.StatusOK {
		t.Errorf("sent again after a new consent: %d", a.status)
	}
	g.site.Close()
	if list := g.grants(); len(list) != 2 {
		t.Errorf("an old message ended a new connection: %+v", list)
	}
	g.noSecrets()
}

// TestTheFirstWordIsBelieved, whatever Kommo still serves: keys of the account stop at once.
func TestTheFirstWordIsBelieved(t *testing.T) {
	g := newRig(t, nil)
	g.browser().connect(first)
	g.browser().connect(second)
	key := store.Ticket{Kind: "key", Name: "k1", Account: "31000001"}
	if err := g.store.PutTicket(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	before := len(g.sb.Arrivals())
	if a := g.browser().get("/oauth/disconnect?" + word("31000001").Encode()); a.status != http.StatusOK {
		t.Fatalf("%d", a.status)
	}
	if list := g.grants(); len(list) != 1 || list[0].Host != second || len(g.sb.Arrivals()) != before {
		t.Errorf("left: %+v; Kommo was asked %d times", list, len(g.sb.Arrivals())-before)
	}
	if _, ok, err := g.store.Ticket(t.Context(), "key", "k1"); err != nil || ok {
		t.Errorf("its key is left: %v %v", ok, err)
	}
}

// TestDisconnectBeforeTheDeed: a later word of Kommo's comes while it still serves the
// account.
func TestDisconnectBeforeTheDeed(t *testing.T) {
	g := newRig(t, nil)
	told := func() {
		if a := g.browser().get("/oauth/disconnect?" + word("31000001").Encode()); a.status != http.StatusOK {
			t.Fatalf("%d", a.status)
		}
	}
	g.browser().connect(first)
	told()
	g.browser().connect(first)
	g.sb.Disconnect(first, clientID) // a token just issued is refused: not clear yet
	told()
	g.site.Close() // the asking goes on by the clock of the test
	if list := g.grants(); len(list) != 0 {
		t.Errorf("left: %+v", list)
	}
}

func TestDisconnectBelievesOnlyKommo(t *testing.T) {
	g := newRig(t, nil)
	g.browser().connect(first)
	g.clock.Advance(time.Hour)
	g.sb.Disconnect(first, clientID)
	before := len(g.sb.Arrivals())
	for name, c := range map[string]struct {
		change func(url.Values)
		status int
	}{
		"wrong signature":      {func(q url.Values) { q.Set("signature", strings.Repeat("0", 64)) }, 403},
		"no signature":         {func(q url.Values) { q.Del("signature") }, 403},
		"short signature":      {func(q url.Values) { q.Set("signature", q.Get("signature")[:62]) }, 403},
		"not hex":              {func(q url.Values) { q.Set("signature", "zz") }, 403},
		"of another account":   {func(q url.Values) { q.Set("account_id", "31000002") }, 403},
		"another client":       {func(q url.Values) { q.Set("client_uuid", "other") }, 403},
		"another client_id":    {func(q url.Values) { q.Set("client_id", "other") }, 403},
		"with another secret":  {func(q url.Values) { q.Set("signature", sign("other", clientID+"|31000001")) }, 403},
		"no account":           {func(q url.Values) { q.Del("account_id") }, 400},
		"account twice":        {func(q url.Values) { q.Add("account_id", "1") }, 400},
		"no number":            {func(q url.Values) { q.Set("account_id", "x") }, 400},
		"negative":             {func(q url.Values) { q.Set("account_id", "-31000001") }, 400},
		"written another way":  {func(q url.Values) { q.Set("account_id", "031000001") }, 400},
		"an account not known": {func(q url.Values) { q.Set("account_id", "7"); q.Set("signature", sign(canary, clientID+"|7")) }, 200},
	} {
		q := word("31000001")
		c.change(q)
		if a := g.browser().get("/oauth/disconnect?" + q.Encode()); a.status != c.status {
			t.Errorf("%s: %d, want %d", name, a.status, c.status)
		}
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodDelete} {
		if a := g.browser().send(method, "/oauth/disconnect?"+word("31000001").Encode(), nil, nil); a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if len(g.grants()) != 1 || len(g.sb.Arrivals()) != before {
		t.Errorf("left %d, Kommo was asked %d times", len(g.grants()), len(g.sb.Arrivals())-before)
	}
	for _, name := range []string{"client_uuid", "client_id"} { // the documents differ in the name
		q := word("31000001")
		q.Del("client_uuid")
		q.Set(name, clientID)
		if a := g.browser().get("/oauth/disconnect?" + q.Encode()); a.status != http.StatusOK {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if len(g.grants()) != 0 {
		t.Error("the true word did nothing")
	}
	g.noSecrets()
}
