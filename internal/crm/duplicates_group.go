package crm

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// shortestLine is how many digits a text must have to be compared as a phone where
// it is no certain number.
const shortestLine = 7

// alike are records that have the same things in common.
type alike struct {
	same  []string // "phone +12025550150"
	cards []cardView
}

// groupAlike finds the records that share a phone, an e-mail or a name. Records
// that share several are one group, which comes before those that share one.
func groupAlike(cards []cardView, by []string, region string) []alike {
	holders := map[string][]cardView{}
	for _, c := range cards {
		for _, mark := range marksOf(c, by, region) {
			holders[mark] = append(holders[mark], c)
		}
	}
	groups := map[string]*alike{}
	for _, mark := range slices.Sorted(maps.Keys(holders)) {
		held := holders[mark]
		if len(held) < 2 {
			continue
		}
		slices.SortFunc(held, compareCards)
		key := idsOfCards(held)
		if groups[key] == nil {
			groups[key] = &alike{cards: held}
		}
		groups[key].same = append(groups[key].same, mark)
	}
	out := make([]alike, 0, len(groups))
	for _, g := range groups {
		if !slices.Contains(by, ByName) && sameNames(g.cards) {
			g.same = append(g.same, ByName+" "+short(g.cards[0].name, longName))
		}
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b alike) int {
		return cmp.Or(cmp.Compare(len(b.same), len(a.same)), cmp.Compare(len(b.cards), len(a.cards)), cmp.Compare(a.cards[0].id, b.cards[0].id),
			cmp.Compare(a.same[0], b.same[0]))
	})
	return out
}

// marksOf are the things by which a record is compared, each once.
func marksOf(c cardView, by []string, region string) []string {
	var marks []string
	add := func(kind, value string) {
		if mark := kind + " " + value; value != "" && !slices.Contains(marks, mark) {
			marks = append(marks, mark)
		}
	}
	if slices.Contains(by, ByPhone) {
		for _, text := range fieldTexts(c.fields, kommo.CodePhone) {
			add(ByPhone, lineOf(text, region))
		}
	}
	if slices.Contains(by, ByEmail) {
		for _, text := range fieldTexts(c.fields, kommo.CodeEmail) {
			add(ByEmail, foldEmail(text))
		}
	}
	if slices.Contains(by, ByName) {
		add(ByName, directory.Fold(c.name))
	}
	return marks
}

// lineOf writes a phone so that every spelling of one line is the same text; empty
// for what is no line. Behind a switchboard the extension counts.
func lineOf(text, region string) string {
	n := phone.Parse(text, region)
	line := n.E164
	switch {
	case n.Withheld || n.Short:
		return ""
	case n.Valid && len(n.Variants) > 0:
		line = slices.Min(n.Variants) // the spellings of one line share them all
	case !n.Valid:
		if line = n.Digits; len(line) < shortestLine {
			return ""
		}
	}
	if n.Extension != "" {
		line += " ext. " + n.Extension
	}
	return line
}

func idsOfCards(cards []cardView) string {
	ids := make([]string, 0, len(cards))
	for _, c := range cards {
		ids = append(ids, strconv.FormatInt(c.id, 10))
	}
	return strings.Join(ids, " ")
}

func sameNames(cards []cardView) bool {
	return !slices.ContainsFunc(cards, func(c cardView) bool { return c.name == "" || !directory.SameName(c.name, cards[0].name) })
}
