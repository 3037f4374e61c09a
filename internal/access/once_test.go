package access_test

import (
	"errors"
	"regexp"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// TestAnOrderMakesOneKey: of many that come at once too, and over processes; another
// seed is another order, and a key looks like any other.
func TestAnOrderMakesOneKey(t *testing.T) {
	r := newRig(t)
	order := access.Once{Seed: "a-seed", Most: 3}
	key := access.Key{Account: "1", Label: "page", Mode: principal.Write}
	var all sync.WaitGroup
	var mu sync.Mutex
	secrets, first := map[string]bool{}, 0
	for _, keys := range []*access.Keys{r.keys, r.again(), r.keys, r.again()} {
		all.Go(func() {
			secret, again, err := keys.CreateOnce(t.Context(), key, order)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if secrets[secret] = true; !again {
				first++
			}
		})
	}
	all.Wait()
	list, err := r.keys.List(t.Context())
	if err != nil || len(list) != 1 || len(secrets) != 1 || first != 1 {
		t.Fatalf("%d keys, %d secrets, made %d times, %v", len(list), len(secrets), first, err)
	}
	for secret := range secrets {
		p, ok, err := r.keys.Principal(t.Context(), secret)
		if !ok || err != nil || p.Label != "page" || p.Account != "1" || !regexp.MustCompile(`^kmcp_[A-Z2-7]{52}$`).MatchString(secret) {
			t.Errorf("%q stands for %+v, %v, %v", secret, p, ok, err)
		}
	}
	for _, seed := range []string{"b-seed", "c-seed"} {
		if _, again, err := r.keys.CreateOnce(t.Context(), key, access.Once{Seed: seed, Most: 3}); again || err != nil {
			t.Errorf("%s: %v %v", seed, again, err)
		}
	}
	if _, _, err := r.keys.CreateOnce(t.Context(), key, access.Once{Seed: "d-seed", Most: 3}); !errors.Is(err, access.ErrMany) {
		t.Errorf("a fourth of three: %v", err)
	}
	if _, again, err := r.keys.CreateOnce(t.Context(), key, order); !again || err != nil {
		t.Errorf("an old order where there are as many as may be: %v %v", again, err)
	}
	if _, _, err := r.keys.CreateOnce(t.Context(), access.Key{Account: "2"}, access.Once{Seed: "e-seed", Most: 3}); err != nil {
		t.Errorf("the keys of one account count for another: %v", err)
	}
}

// TestARevokedOrderStaysSpent: neither key nor hook comes alive again by it.
func TestARevokedOrderStaysSpent(t *testing.T) {
	r := newRig(t)
	order := access.Once{Seed: "a-seed", Most: 3}
	if _, _, err := r.keys.CreateOnce(t.Context(), access.Key{Account: "1"}, order); err != nil {
		t.Fatal(err)
	}
	hooks := access.NewHooks(r.st, r.clock.Now, nil)
	part, again, err := hooks.CreateOnce(t.Context(), access.Hook{Account: "1", Platform: "vapi"}, "", order)
	if err != nil || again || !regexp.MustCompile(`^kmcp_h_[a-z2-7]{36}$`).MatchString(part) {
		t.Fatalf("%q %v %v", part, again, err)
	}
	if same, again, err := hooks.CreateOnce(t.Context(), access.Hook{Account: "1", Platform: "vapi"}, "", order); same != part || !again || err != nil {
		t.Errorf("the order again: %q %v %v", same, again, err)
	}
	keyList, _ := r.keys.List(t.Context())
	hookList, _ := hooks.List(t.Context())
	if _, err := r.keys.Revoke(t.Context(), keyList[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := hooks.Revoke(t.Context(), hookList[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.keys.CreateOnce(t.Context(), access.Key{Account: "1"}, order); !errors.Is(err, access.ErrSpent) {
		t.Errorf("a key that was revoked: %v", err)
	}
	if _, _, err := hooks.CreateOnce(t.Context(), access.Hook{Account: "1"}, "", order); !errors.Is(err, access.ErrSpent) {
		t.Errorf("a hook that was revoked: %v", err)
	}
}
