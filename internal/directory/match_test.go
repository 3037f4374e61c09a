package directory

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func named(names ...string) []choice[string] {
	var out []choice[string]
	for i, n := range names {
		out = append(out, choice[string]{value: n, id: int64(100 + i), name: n})
	}
	return out
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"  Primer   contacto ": "primer contacto",
		"Negociação":           "negociacao",
		"AÑO":                  "ano",
		"Счёт выставлен":       "счет выставлен",
		"ПЕРЕГОВОРЫ":           "переговоры",
		"Straße":               "strasse",
		"Łódź":                 "lodz",
		"İstanbul ılık":        "istanbul ilik",
		"O’Neil — x":           "o'neil - x",
		"a\u200bb\u00a0c":      "ab c",
		"❤\ufe0f Hot":          "❤ hot",
		"हिन्दी":               "हिन्दी",
		"ＡＢ１":                  "ab1",
	} {
		if got := fold(in); got != want {
			t.Errorf("fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	stages := named("New lead", "Primer contacto", "Negociación", "Счёт выставлен", "Переговоры", "Won - closed", "🔥 Hot offer", "São Paulo")
	people := named("Anna Lopez", "Annabel Roe", "José García Márquez", "Maria José Silva", "Пётр Иванов", "Ivan Petrov")
	for i := range people {
		people[i].person = true
	}
	estimates := named("Prepare estimate", "Estimate sent", "Estimates due", "Re-estimated", "Call back", "Callback")
	labels := named("1", "2", "10", "101", "VIP", "vip", "Vip plus")
	for _, tt := range []struct {
		name    string
		query   string
		among   []choice[string]
		meaning []string
	}{
		{"exact", "New lead", stages, []string{"New lead"}},
		{"case and spaces", "  new   LEAD", stages, []string{"New lead"}},
		{"Spanish accents left out", "negociacion", stages, []string{"Negociación"}},
		{"Portuguese accents left out", "sao paulo", stages, []string{"São Paulo"}},
		{"accents too many", "nèw lead", stages, []string{"New lead"}},
		{"Cyrillic case", "переговоры", stages, []string{"Переговоры"}},
		{"yo as ye", "счет выставлен", stages, []string{"Счёт выставлен"}},
		{"yo prefix", "сче", stages, []string{"Счёт выставлен"}},
		{"prefix", "prim", stages, []string{"Primer contacto"}},
		{"word", "contacto", stages, []string{"Primer contacto"}},
		{"beginnings of words in any order", "off hot", stages, []string{"🔥 Hot offer"}},
		{"no such", "contract", stages, nil},
		{"inside a word", "egocia", stages, nil},
		{"id", "103", stages, []string{"Счёт выставлен"}},
		{"no id of these", "7", stages, nil},
		{"whole word beats beginning", "anna", people, []string{"Anna Lopez"}},
		{"beginning of two", "ann", people, []string{"Anna Lopez", "Annabel Roe"}},
		{"prefix beats later word", "jose", people, []string{"José García Márquez"}},
		{"first name beats last", "ivan", people, []string{"Ivan Petrov"}},
		{"of things a first word beats no other", "estimate", estimates, []string{"Prepare estimate", "Estimate sent"}},
		{"of things a beginning beats no other", "estim", estimates, []string{"Prepare estimate", "Estimate sent", "Estimates due", "Re-estimated"}},
		{"whole words beat beginnings", "call", estimates, []string{"Call back"}},
		{"a beginning that ends within a word", "estimate s", estimates, []string{"Estimate sent"}},
		{"two words narrow", "jose silva", people, []string{"Maria José Silva"}},
		{"one word is not counted twice", "ivan ivan", people, nil},
		{"Cyrillic first name", "петр", people, []string{"Пётр Иванов"}},
		{"digits as a name", "10", labels, []string{"10"}},
		{"digits that are an id and a name", "101", labels, []string{"2", "101"}},
		{"letter by letter beats case", "vip", labels, []string{"vip"}},
		{"only case differs", "VIp", labels, []string{"VIP", "vip"}},
		{"empty", " ", labels, nil},
		{"leading zero is no id", "0101", labels, nil},
		{"nothing but punctuation", "-", people, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range match(tt.query, tt.among) {
				got = append(got, c.name)
			}
			if !slices.Equal(got, tt.meaning) {
				t.Errorf("match(%q) = %q, want %q", tt.query, got, tt.meaning)
			}
		})
	}
}

func TestAliasesCountOnlyInFull(t *testing.T) {
	people := []choice[string]{
		{value: "a", id: 1, name: "Ann", aliases: []string{"sales@acme.example", ""}},
		{value: "b", id: 2, name: "Bob"},
	}
	if got := match("SALES@acme.example", people); len(got) != 1 || got[0].value != "a" {
		t.Errorf("an alias in full was not recognised: %v", got)
	}
	if got := match("sales", people); len(got) != 0 {
		t.Errorf("a part of an alias counted: %v", got)
	}
}

func TestRefusalsCarryCandidatesBestFirst(t *testing.T) {
	names := []string{"Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Negotiation", "Mu"}
	_, err := resolve(wanted{"stage", "stage", "Negotiatxon"}, named(names...))
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Code != problem.NotFound || p.Field != "stage" {
		t.Fatalf("got %#v", err)
	}
	if len(p.Candidates) != problem.MaxCandidates || p.Candidates[0].Name != "Negotiation" || p.Candidates[0].ID != 111 {
		t.Errorf("candidates are %v", p.Candidates)
	}
	_, err = resolve(wanted{"responsible", "user", "eta"}, named("Eta one", "Eta two"))
	if p, ok = errors.AsType[*problem.Problem](err); !ok || p.Code != problem.Ambiguous || len(p.Candidates) != 2 {
		t.Errorf("got %v", err)
	}
	_, err = resolve(wanted{"stage", "stage", "  "}, named("x"))
	if !problem.HasCode(err, problem.InvalidArgument) {
		t.Errorf("an empty name gave %v", err)
	}
	_, err = resolve(wanted{"stage", "stage", strings.Repeat("x", 5000)}, named("a"))
	if len(err.Error()) > 600 {
		t.Errorf("the refusal repeats a whole page: %d bytes", len(err.Error()))
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"сделка", "сделки", 1}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := distance(tt.b, tt.a); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("Negociación", "Primer contacto", "nego")
	f.Add("Счёт", "счет", "СЧЁТ")
	f.Add("İ", "ß\u0345", "\xff\u200d")
	f.Add("100", "101", "100")
	f.Add("\xc3", "\xa9", "0")
	f.Fuzz(func(t *testing.T, one, two, query string) {
		choices := named(one, two)
		if got := fold(one); fold(got) != got {
			t.Errorf("fold(%q) = %q, and folded again %q", one, got, fold(got))
		}
		if fold(one) != "" && len(match(one, choices)) == 0 {
			t.Errorf("%q does not match itself", one)
		}
		for _, c := range match(query, choices) {
			if c.name != one && c.name != two {
				t.Errorf("match made up %q", c.name)
			}
		}
		_, err := resolve(wanted{"stage", "stage", query}, choices)
		// Each on its own: two broken halves of a letter are a whole one when joined.
		text := utf8.ValidString(query) && utf8.ValidString(one) && utf8.ValidString(two)
		if err != nil && text && !utf8.ValidString(err.Error()) {
			t.Errorf("the refusal of %q is no text", query)
		}
	})
}
