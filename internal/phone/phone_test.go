package phone_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// spelling is a number as people or systems write it.
type spelling struct{ raw, region, e164 string }

func parses(t *testing.T, spellings []spelling) {
	t.Helper()
	for _, c := range spellings {
		n := phone.Parse(c.raw, c.region)
		if !n.Valid || n.E164 != c.e164 || n.Raw != c.raw || n.Withheld || n.Short {
			t.Errorf("Parse(%q, %q) = %+v, want %s", c.raw, c.region, n, c.e164)
		}
	}
}

func TestParseValid(t *testing.T) {
	parses(t, []spelling{
		{"+44 (0)20 7031 3000", "", "+442070313000"},
		{"0044 20 7031 3000", "", "+442070313000"},
		{"0044 20 7031 3000", "US", "+442070313000"}, // the US dial 011
		{"011 44 20 7031 3000", "us", "+442070313000"},
		{"020 7031 3000", " gb ", "+442070313000"},
		{"(212) 555-1234", "US", "+12125551234"},
		{"tel:+1-212-555-1234", "", "+12125551234"},
		{"tel:2125551234;phone-context=+1", "", "+12125551234"},
		{"TEL://+12125551234", "", "+12125551234"},
		{"callto:+12125551234", "", "+12125551234"},
		{"whatsapp:+5511987654321", "", "+5511987654321"},
		{"sip:+12125551234@sip.example.com", "", "+12125551234"},
		{"sips:%2B12125551234@sip.example.com:5061;transport=tls", "", "+12125551234"},
		{"sip:+12125551234;ext=5@example.com", "", "+12125551234"},
		{"sip:+12125551234:secret@example.com", "", "+12125551234"},
		{`"Ana Lopez" <sip:+12125551234@10.0.0.1;user=phone>;tag=1`, "", "+12125551234"},
		{"+12125551234@sip.example.com", "", "+12125551234"},
		{"1-800-FLOWERS", "US", "+18003569377"},
		{"+39 06 1234 5678", "", "+390612345678"}, // Italy keeps the 0
		{"＋４４２０７０３１３０００", "", "+442070313000"},
		{"+٩٧١٥٠١٢٣٤٥٦٧", "", "+971501234567"},
		{"737 874 2833", "US", "+17378742833"}, // Austin, though the keypad spells "restricted"
	})
}

// TestParseRulesOfCountries: digits that come and go with the way of dialling.
func TestParseRulesOfCountries(t *testing.T) {
	parses(t, []spelling{
		// Brazil
		{"+55 11 98765-4321", "", "+5511987654321"},
		{"+55 11 8765-4321", "", "+5511987654321"},
		{"(11) 8765-4321", "BR", "+5511987654321"},
		{"0 15 11 98765-4321", "BR", "+5511987654321"},
		{"551187654321", "BR", "+5511987654321"},
		{"+55 11 3333-4444", "", "+551133334444"},
		{"5511987654321", "US", "+5511987654321"}, // as messengers write it
		{"55 (11) 8765-4321", "US", "+5511987654321"},
		// Mexico
		{"+52 1 55 1234 5678", "", "+525512345678"},
		{"5215512345678", "MX", "+525512345678"},
		{"044 55 1234 5678", "MX", "+525512345678"},
		{"045 55 1234 5678", "MX", "+525512345678"},
		{"01 55 1234 5678", "MX", "+525512345678"},
		{"55 1234 5678", "MX", "+525512345678"},
		// Argentina
		{"+54 9 11 2345-6789", "", "+5491123456789"},
		{"011 15 2345-6789", "AR", "+5491123456789"},
		{"+54 11 15 2345 6789", "", "+5491123456789"},
		{"0351 15 234 5678", "AR", "+5493512345678"},
		{"+54 9 351 15 234 5678", "", "+5493512345678"},
		{"+54 11 2345-6789", "", "+541123456789"},
		// Russia and Kazakhstan
		{"8 (916) 123-45-67", "RU", "+79161234567"},
		{"7916 123-45-67", "RU", "+79161234567"},
		{"79161234567", "US", "+79161234567"},
		{"916 123-45-67", "RU", "+79161234567"},
		{"+8 916 123-45-67", "RU", "+79161234567"},
		{"+8 800 555 35 35", "RU", "+78005553535"},
		{"8 701 123 4567", "KZ", "+77011234567"},
		{"+8 701 123 4567", "KZ", "+77011234567"},
	})
}

func TestParseWhole(t *testing.T) {
	for _, c := range []struct {
		region string
		want   phone.Number
	}{
		{"BR", phone.Number{
			Raw: "(11) 8765-4321 ramal 12", E164: "+5511987654321", Valid: true, National: "11987654321", Digits: "5511987654321",
			Variants: []string{"+5511987654321", "+551187654321"}, Last10: "1987654321", Extension: "12",
		}},
		{"", phone.Number{
			Raw: "+1 212 555 1234 ext. 7", E164: "+12125551234", Valid: true, National: "2125551234", Digits: "12125551234",
			Variants: []string{"+12125551234"}, Last10: "2125551234", Extension: "7",
		}},
		{"", phone.Number{Raw: "(11) 98765-4321", Digits: "11987654321", Last10: "1987654321"}},
		{"", phone.Number{Raw: "+1 555 010 0123", Digits: "15550100123", Last10: "5550100123"}}, // a sample number
		{"DK", phone.Number{Raw: "1234567", Digits: "1234567"}},
		{"", phone.Number{Raw: "212 555 1234 / 212 555 9999", Digits: "21255512342125559999"}},
		{"", phone.Number{Raw: "ana.1234567890@example.com"}},
		{"", phone.Number{Raw: "ana"}},
		{"US", phone.Number{Raw: strings.Repeat("2125551234", 30)}},
	} {
		if diff := cmp.Diff(c.want, phone.Parse(c.want.Raw, c.region)); diff != "" {
			t.Errorf("%q: %s", c.want.Raw, diff)
		}
	}
}

func TestVariants(t *testing.T) {
	for raw, want := range map[string][]string{
		"+5511987654321": {"+5511987654321", "+551187654321"},
		"+5511943210000": {"+5511943210000"}, // no such number existed with eight digits
		"+551133334444":  {"+551133334444"},
		"+525512345678":  {"+525512345678", "+5215512345678"},
		"+5491123456789": {"+5491123456789", "+541123456789"},
		"+541123456789":  {"+541123456789", "+5491123456789"},
		"+79161234567":   {"+79161234567"},
	} {
		if diff := cmp.Diff(want, phone.Parse(raw, "").Variants); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

func TestWithheld(t *testing.T) {
	for _, raw := range []string{
		"", "  ", "anonymous", "Restricted", "UNAVAILABLE", "unknown", "private", "Blocked", "No Caller ID", "Anonymous Caller",
		"sip:anonymous@anonymous.invalid", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "tel:unknown", "<unknown>", "N/A", "Número oculto", "скрытый номер",
		"+266696687", "266696687", "+7378742833", "+86282452253", "+8656696", "+2562533", "sip:+266696687@twilio.com",
	} {
		for _, region := range []string{"", "US", "RU", "CN"} {
			n := phone.Parse(raw, region)
			if diff := cmp.Diff(phone.Number{Raw: raw, Withheld: true}, n); diff != "" {
				t.Errorf("%q in %q: %s", raw, region, diff)
			}
			if phone.Search(raw, region) != nil || phone.Match(raw, raw, region) != phone.None {
				t.Errorf("%q is searched or matched", raw)
			}
		}
	}
}

func TestShort(t *testing.T) {
	for raw, region := range map[string]string{
		"911": "US", "tel:911": "US", "+911": "", "112": "", "060": "MX", "30303": "US", "*100#": "", "#31#": "RU", "sip:1001@pbx": "BR", "123456": "",
	} {
		n := phone.Parse(raw, region)
		if !n.Short || n.Valid || n.E164 != "" || n.Last10 != "" {
			t.Errorf("%q in %q = %+v", raw, region, n)
		}
		if phone.Search(raw, region) != nil || phone.Match(raw, raw, region) != phone.None {
			t.Errorf("%q is searched or matched", raw)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		a, b, region string
		want         phone.Strength
	}{
		{"+12125551234", "(212) 555-1234", "US", phone.Exact},
		{"+55 11 98765-4321", "+55 11 8765-4321", "", phone.Exact},
		{"11 8765 4321", "whatsapp:+5511987654321", "BR", phone.Exact},
		{"+5215512345678", "55 1234 5678", "MX", phone.Exact},
		{"044 55 1234 5678", "+525512345678", "MX", phone.Exact},
		{"+5491123456789", "+541123456789", "", phone.Exact},
		{"011 15 2345-6789", "+5491123456789", "AR", phone.Exact},
		{"11 2345-6789", "+54 9 11 2345-6789", "AR", phone.Exact},
		{"8 916 123-45-67", "+79161234567", "RU", phone.Exact},
		{"8 701 123 4567", "+7 701 123 4567", "KZ", phone.Exact},
		{"+15550001", "+1 555-0001", "", phone.Exact}, // samples: invalid, but spelled out alike
		{"8 916 123-45-67", "+79161234567", "", phone.Same},
		{"2125551234", "+12125551234", "", phone.Same},
		{"12125551234", "+12125551234", "BR", phone.Exact}, // in full, and no number of Brazil
		{"5511987654321", "+55 11 98765-4321", "US", phone.Exact},
		{"551187654321", "+55 11 98765-4321", "", phone.Exact},
		{"5215512345678", "55 1234 5678", "US", phone.Same},
		{"212 555 1234", "+1 212 555 1234", "BR", phone.Same}, // valid in Rio as well
		{"1234-567", "1234567", "", phone.Same},
		{"+12125551234 ext 5", "+12125551234", "", phone.Same},
		{"+12125551234 ext 5", "+12125551234x6", "", phone.Same},
		{"+12125551234 ext 5", "tel:+12125551234;ext=5", "", phone.Exact},
		{"+12125551234", "+582125551234", "", phone.None}, // other countries, both written out
		{"+12125551234", "+12125551235", "", phone.None},
		{"123456", "123456", "", phone.None},
		{"ana", "ana", "", phone.None},
		{"ana@example.com", "bob@example.com", "", phone.None},
	} {
		if got := phone.Match(c.a, c.b, c.region); got != c.want {
			t.Errorf("Match(%q, %q, %q) = %s, want %s", c.a, c.b, c.region, got, c.want)
		}
		if got := phone.Match(c.b, c.a, c.region); got != c.want {
			t.Errorf("Match(%q, %q, %q) = %s, want %s", c.b, c.a, c.region, got, c.want)
		}
	}
}

func TestSearch(t *testing.T) {
	for _, c := range []struct {
		raw, region string
		want        []string
	}{
		{"8 916 123-45-67", "RU", []string{"9161234567"}},
		{"8 916 123-45-67", "", []string{"9161234567"}},
		{"+1 (212) 555-1234 ext. 5", "", []string{"2125551234"}},
		{"+45 32 12 34 56", "", []string{"32123456"}}, // 10 digits with the country code, which cards at home leave out
		{"+49 1512 3456789", "", []string{"5123456789"}},
		{"+55 11 98765-4321", "", []string{"1987654321", "1187654321"}},
		{"+55 11 3333-4444", "", []string{"1133334444"}},
		{"+5215512345678", "", []string{"5512345678"}},
		{"+54 9 11 2345-6789", "", []string{"1123456789", "1523456789"}},
		{"+54 9 351 234-5678", "", []string{"3512345678", "1152345678"}},
		{"+54 11 2345-6789", "", []string{"1123456789"}},
		{"555-1234", "", []string{"5551234"}},
		{"+39 06 1234 5678", "", []string{"0612345678"}},
		{"212 555 1234 / 212 555 9999", "", nil},
		{"Ana Lopez", "US", nil},
	} {
		if diff := cmp.Diff(c.want, phone.Search(c.raw, c.region)); diff != "" {
			t.Errorf("%q in %q: %s", c.raw, c.region, diff)
		}
	}
}

func TestLooks(t *testing.T) {
	for s, want := range map[string]bool{
		"+1 212 555 1234": true, "(11) 98765-4321": true, "8 916 123-45-67": true, "2125551234": true, "555-1234": true,
		"+44 (0)20 7031 3000": true, "tel:+12125551234": true, "sip:+12125551234@x.example": true, "212 555 1234 ext. 5": true,
		"1-800-FLOWERS": true, "11 98765-4321 ramal 12": true, "＋442070313000": true, " +12125551234 ": true, "912 345 678": true, "(+55) 11 98765-4321": true,
		"": false, "Lopez": false, "12345": false, "911": false, "2026-12-01": false, "01.12.2026": false, "2026/12/01": false, "2026-12-01 15:00": false,
		"192.168.100.200": false, "1.250.000": false, "1,250,000": false, "12500.50": false, "ana@example.com": false, "1234567@example.com": false,
		"100 widgets 2026": false, "3 bedroom apartment": false, "sip:ana@example.com": false, "order 12345678": false, "Room 8005": false,
		"123456789012345678": false, "-1234567": false, "a1b2c3d4-1234567": false, strings.Repeat("1 ", 60): false,
	} {
		if got := phone.Looks(s); got != want {
			t.Errorf("Looks(%q) = %t", s, got)
		}
	}
}

// Every country's example mobile is read alike from its national and international spelling, and the first search
// text is part of both.
func TestEveryRegion(t *testing.T) {
	tried := 0
	for region := range phonenumbers.GetSupportedRegions() {
		example := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
		if example == nil || region == "AR" { // the library's national format of Argentine mobiles is wrong
			continue
		}
		tried++
		e164 := phonenumbers.Format(example, phonenumbers.E164)
		for _, f := range []phonenumbers.PhoneNumberFormat{phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966} {
			text := phonenumbers.Format(example, f)
			if n := phone.Parse(text, region); n.E164 != e164 {
				t.Errorf("%s: %q = %+v, want %s", region, text, n, e164)
			}
			search := phone.Search(text, region)
			if len(search) == 0 || !strings.Contains(phonenumbers.NormalizeDigitsOnly(text), search[0]) {
				t.Errorf("%s: %v would not find %q", region, search, text)
			}
			if phone.Match(text, e164, region) != phone.Exact {
				t.Errorf("%s: %q is not %s", region, text, e164)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d regions were tried", tried)
	}
}

func TestStrengthString(t *testing.T) {
	if got := phone.None.String() + phone.Same.String() + phone.Exact.String(); got != "nonesameexact" {
		t.Error(got)
	}
}

func BenchmarkMatch(b *testing.B) {
	for b.Loop() {
		phone.Match("8 (916) 123-45-67", "+79161234567", "RU")
	}
}
