package kommo

import (
	"net/url"
	"testing"
)

func TestHomeIsWherePeopleOpenTheAccount(t *testing.T) {
	loopback, err := url.Parse("http://127.0.0.1:18080")
	if err != nil {
		t.Fatal(err)
	}
	acme, err := ParseAccount("acme")
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]*Client{
		"https://acme.kommo.com":  New(acme, fixedToken("t"), WithBaseURL(loopback)),
		"https://acme.kommo.com/": New(acme, fixedToken("t")),
		"http://127.0.0.1:18080":  New(Account{}, fixedToken("t"), WithBaseURL(loopback)),
	} {
		if got := c.Home(); got != want && got+"/" != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
