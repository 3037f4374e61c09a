package phone_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

var regions = []string{"", "US", "BR", "MX", "AR", "RU", "KZ", "DE", "IT", "CN", "XX"}

// check holds for every text: what is valid stays what it is when it is read again anywhere, and Match agrees with it.
func check(t interface{ Fatalf(string, ...any) }, raw, region string) {
	n := phone.Parse(raw, region)
	if phone.Match(raw, raw, region) == phone.None && n.Valid {
		t.Fatalf("%q is not itself", raw)
	}
	if n.Withheld && (n.Digits != "" || n.Valid) || n.Short && n.Valid || n.Valid != (n.E164 != "") || n.Raw != raw {
		t.Fatalf("%q contradicts itself: %+v", raw, n)
	}
	for _, q := range phone.Search(raw, region) {
		if len(q) < 3 || len(q) > 10 {
			t.Fatalf("%q: search for %q", raw, q)
		}
	}
	if !n.Valid {
		return
	}
	for _, other := range regions {
		again := phone.Parse(n.E164, other)
		if again.E164 != n.E164 || !slices.Equal(again.Variants, n.Variants) || again.Last10 != n.Last10 {
			t.Fatalf("%q in %q: %+v became %+v in %q", raw, region, n, again, other)
		}
	}
	for _, v := range n.Variants {
		if got := phone.Match(v, n.E164, region); got != phone.Exact {
			t.Fatalf("%q: variant %s is %s", raw, v, got)
		}
	}
}

func TestNormalisationIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringMatching(`(\+|00|\+52 1|\+549|\+55|8|0)?[0-9 ().-]{6,16}( ext [0-9]{1,3})?`).Draw(t, "raw")
		check(t, raw, rapid.SampledFrom(regions).Draw(t, "region"))
	})
}

func TestMatchIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`(\+|\+7|8|\+5511|\+521|\+549)?[0-9]{7,11}`)
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "alike") {
			b = "8" + a[max(0, len(a)-10):]
		}
		region := rapid.SampledFrom(regions).Draw(t, "region")
		if x, y := phone.Match(a, b, region), phone.Match(b, a, region); x != y {
			t.Fatalf("%q, %q: %s one way, %s the other", a, b, x, y)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"+5511987654321", "8 916 123-45-67", "sip:%2B1212@x", "tel:1;phone-context=+1", "1-800-FLOWERS", "<sip:", "\xff", "*100#", "+54 9 351 15 234 5678",
		"2125551234;ext=5", "+266696687", "@", "tel:", "１２３", "+8 800 555 35 35", "x5", "+1 x",
	} {
		f.Add(s, uint8(2))
	}
	f.Fuzz(func(t *testing.T, raw string, region uint8) {
		phone.Looks(raw)
		check(t, raw, regions[int(region)%len(regions)])
	})
}
