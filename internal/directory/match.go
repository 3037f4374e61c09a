package directory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// choice is one thing that a person may mean, with all that it is called.
type choice[T any] struct {
	value   T
	id      int64
	name    string
	aliases []string // other names that count when given in full: an e-mail address, a code
	detail  string   // tells namesakes apart: the pipeline of a stage, the group of a user
	person  bool     // called by the first name rather than by any part of the name
}

// match returns what the query means: nothing, one choice, or several that fit equally well. The first of
// these tests that any choice passes decides:
//
//  1. the exact id or the name letter by letter. A query of digits that is the id of one choice and the name
//     of another means both: neither wins silently, and the other way of naming either of them is clear.
//  2. the name, or an alias, but for case, accents and spaces
//  3. of people, the name begins with the query, and a word ends there ("Anna" is Anna Lopez rather than
//     Annabel Roe or Maria Anna Diaz)
//  4. every word of the query is a word of the name, wherever it stands: "Estimate" is as much "Prepare
//     estimate" as "Estimate sent", so that neither wins because of its order
//  5. of people, the name begins with the query
//  6. the name begins with the query, or every word of the query begins a word of the name
func match[T any](query string, choices []choice[T]) []choice[T] {
	query = strings.TrimSpace(query)
	folded := fold(query)
	if folded == "" {
		return nil
	}
	id, isID := digits(query)
	names := make([]string, len(choices)) // folded once: that is most of the work
	for i, c := range choices {
		names[i] = fold(c.name)
	}
	tests := []func(c choice[T], name string) bool{
		func(c choice[T], _ string) bool { return isID && c.id == id || c.name == query },
		func(c choice[T], name string) bool { return name == folded || hasAlias(c, folded) },
		func(c choice[T], name string) bool { return c.person && beginsWithWord(name, folded) },
		func(_ choice[T], name string) bool {
			return beginsWithWord(name, folded) || hasWords(name, folded, isWord)
		},
		func(c choice[T], name string) bool { return c.person && strings.HasPrefix(name, folded) },
		func(_ choice[T], name string) bool {
			return strings.HasPrefix(name, folded) || hasWords(name, folded, strings.HasPrefix)
		},
	}
	for _, test := range tests {
		if found := only(choices, names, test); len(found) > 0 {
			return found
		}
	}
	return nil
}

// only are the choices that pass a test, which is given the folded name too.
func only[T any](choices []choice[T], names []string, test func(c choice[T], name string) bool) []choice[T] {
	var found []choice[T]
	for i, c := range choices {
		if test(c, names[i]) {
			found = append(found, c)
		}
	}
	return found
}

// digits reads an id. Signs, spaces and leading zeros are no ids.
func digits(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && strconv.FormatInt(id, 10) == s && id >= 0
}

func hasAlias[T any](c choice[T], folded string) bool {
	return slices.ContainsFunc(c.aliases, func(alias string) bool { return alias != "" && fold(alias) == folded })
}

func beginsWithWord(name, query string) bool {
	rest, ok := strings.CutPrefix(name, query)
	next, _ := utf8.DecodeRuneInString(rest)
	return ok && (rest == "" || betweenWords(next))
}

func isWord(word, query string) bool { return word == query }

// hasWords reports whether each word of the query fits a word of the name, no word of the name counted twice.
func hasWords(name, query string, fits func(word, query string) bool) bool {
	have, want := words(name), words(query)
	// Longest first, so that "a an" leaves "an…" to the word that needs it.
	slices.SortStableFunc(want, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, w := range want {
		at := slices.IndexFunc(have, func(h string) bool { return fits(h, w) })
		if at < 0 {
			return false
		}
		have = slices.Delete(have, at, at+1)
	}
	return len(want) > 0
}

// nearest lists what the person may have meant, best first: at most problem.MaxCandidates.
func nearest[T any](query string, choices []choice[T]) []problem.Candidate {
	type ranked struct {
		c    choice[T]
		cost int
	}
	folded := fold(query)
	all := make([]ranked, 0, len(choices))
	for _, c := range choices {
		all = append(all, ranked{c, unlikeness(fold(c.name), folded)})
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.cost, b.cost) })
	all = all[:min(len(all), problem.MaxCandidates)]
	out := make([]problem.Candidate, 0, len(all))
	for _, r := range all {
		out = append(out, problem.Candidate{ID: r.c.id, Name: r.c.name, Detail: r.c.detail})
	}
	return out
}

// unlikeness is the edit distance to the name or, one worse, to its most similar word.
func unlikeness(name, query string) int {
	cost := distance(name, query)
	for _, w := range words(name) {
		cost = min(cost, distance(w, query)+1)
	}
	return cost
}

// wanted says what was asked for, for the refusal.
type wanted struct {
	field string // the argument
	kind  string // "stage": what the argument names
	query string
}

// resolve returns the one choice that the query means or the refusal with candidates.
func resolve[T any](w wanted, choices []choice[T]) (choice[T], error) {
	if fold(w.query) == "" {
		return choice[T]{}, problem.Invalid(w.field, "The name of the "+w.kind+" is empty.").
			WithNext("Give a name or an id, or leave the argument out.")
	}
	return decide(w, choices, match(w.query, choices))
}

// decide turns what was found among the choices into one choice or a refusal.
func decide[T any](w wanted, choices, found []choice[T]) (choice[T], error) {
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return choice[T]{}, problem.Unclear(w.field, quoted(w.query)+" fits more than one "+w.kind+".",
			nearest(w.query, found)...).WithNext("Use the full name or the id of one of them.")
	case len(choices) == 0:
		return choice[T]{}, problem.Missing(w.field, "This account has no "+w.kind+" at all, so none is called "+quoted(w.query)+".")
	default:
		return choice[T]{}, problem.Missing(w.field, "There is no "+w.kind+" "+quoted(w.query)+" in this account.",
			nearest(w.query, choices)...).WithNext("Use one of these names or an id.")
	}
}

// quoted shows what came, cut so that a pasted page does not become the error text.
func quoted(s string) string {
	r := []rune(s)
	if len(r) > mostRunes {
		return "“" + string(r[:mostRunes]) + "…”"
	}
	return "“" + s + "”"
}
