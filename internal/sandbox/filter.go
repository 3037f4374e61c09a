package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// matchIDs tells whether id is among the filter's values, or nothing is filtered.
func matchIDs(q query, id int64, path ...string) bool {
	return !q.has(path...) || slices.Contains(q.ids(path...), id)
}

// matchText is matchIDs for whole texts; case does not matter.
func matchText(q query, text string, path ...string) bool {
	return !q.has(path...) || slices.ContainsFunc(q.values(path...), func(v string) bool { return strings.EqualFold(v, text) })
}

// matchTime tells whether at lies within path[from], path[to], ends included. A
// scalar is taken as equality on leads, contacts and companies (it gave 204 there);
// nil matches no range.
func matchTime(q query, at *int64, path ...string) bool {
	if !q.has(path...) {
		return true
	}
	if at == nil {
		return false
	}
	if s, isSpan := q.span(path...); isSpan {
		return s.contains(float64(*at))
	}
	return q.get(path...) == strconv.FormatInt(*at, 10)
}

// matchSince is matchTime where a scalar means "since": notes, tasks, events.
func matchSince(q query, at int64, path ...string) bool {
	if v, err := strconv.ParseFloat(q.get(path...), 64); err == nil {
		return float64(at) >= v
	}
	return matchTime(q, &at, path...)
}

// minQuery is the length below which a search finds nothing in practice.
const minQuery = 3

// matchQuery tells whether the search text occurs in any of the texts, case aside.
// A text of phone characters is compared by its digits, so that "5550001" finds
// "+1 (555) 000-1" (Kommo API facts: query).
func matchQuery(search string, texts []string) bool {
	search = strings.ToLower(strings.TrimSpace(search))
	if utf8.RuneCountInString(search) < minQuery {
		return false
	}
	digits := ""
	if isPhone(search) {
		digits = onlyDigits(search)
	}
	return slices.ContainsFunc(texts, func(t string) bool {
		if strings.Contains(strings.ToLower(t), search) {
			return true
		}
		return len(digits) >= minQuery && isPhone(t) && strings.Contains(onlyDigits(t), digits)
	})
}

func isPhone(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsDigit(r) && !strings.ContainsRune("+-(). \u00a0", r)
	})
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// sortRows orders rows by the field of order[field]=asc|desc when keys has it, and
// by def ascending otherwise: unsupported orders are ignored with 200. Rows are
// expected in id order, which settles ties.
func sortRows[T any](q query, rows []T, def string, keys map[string]func(T) int64) {
	name, desc := q.order()
	key, known := keys[name]
	if !known {
		key, desc = keys[def], false
	}
	slices.SortStableFunc(rows, func(x, y T) int {
		if desc {
			x, y = y, x
		}
		return cmp.Compare(key(x), key(y))
	})
}

// searcher is an entity whose texts a search looks through.
type searcher interface{ searchText(a *account) []string }

// textsOf returns the searched texts of another entity, none when it has none.
func (a *account) textsOf(r ref) []string {
	if s, isSearcher := a.row(r.entity, r.id).(searcher); isSearcher {
		return s.searchText(a)
	}
	return nil
}
