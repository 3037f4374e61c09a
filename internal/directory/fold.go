package directory

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters that Unicode does not decompose although people type them without their stroke or ligature, and
// punctuation that keyboards and word processors write differently.
var plainLetters = strings.NewReplacer(
	"ß", "ss", "ẞ", "ss", "ł", "l", "ø", "o", "đ", "d", "ı", "i", "æ", "ae", "œ", "oe",
	"’", "'", "‘", "'", "`", "'", "“", `"`, "”", `"`, "«", `"`, "»", `"`,
	"–", "-", "—", "-", "‑", "-", "−", "-",
)

// fold brings a name into the form in which names are compared: case, accents (ё is е, ñ is n), kinds of
// dashes and quotes, invisible characters and extra spaces do not count. fold(fold(s)) == fold(s).
func fold(s string) string {
	s = norm.NFKD.String(strings.ToLower(norm.NFKD.String(s)))
	s = strings.Map(dropInvisible, s)
	return strings.Join(strings.Fields(plainLetters.Replace(s)), " ")
}

// dropInvisible removes the accents of Latin, Greek and Cyrillic, variation selectors of emoji and format
// characters. Vowel signs of other scripts are letters to their readers and stay.
func dropInvisible(r rune) rune {
	switch {
	case r >= 0x0300 && r <= 0x036F, r >= 0xFE00 && r <= 0xFE0F, unicode.Is(unicode.Cf, r):
		return -1
	default:
		return r
	}
}

// words splits a folded name where neither a letter, a mark nor a digit is.
func words(folded string) []string {
	return strings.FieldsFunc(folded, betweenWords)
}

func betweenWords(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// mostRunes bounds the work of the edit distance; what follows in longer names does not tell them apart.
const mostRunes = 80

// distance is the number of letters to insert, delete, replace or swap with their neighbour to get from a to b.
func distance(a, b string) int {
	x, y := clip(a), clip(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// clip are the first letters of a text, whatever its length.
func clip(s string) []rune {
	out := make([]rune, 0, min(len(s), mostRunes))
	for _, r := range s {
		if len(out) == mostRunes {
			break
		}
		out = append(out, r)
	}
	return out
}

// Fold brings a text into the form in which names are compared, for callers that look for a part of one or group
// by it.
func Fold(s string) string { return fold(s) }

// SameName tells whether two names are the same but for case, accents and spaces, as this package compares them.
func SameName(a, b string) bool { return fold(a) == fold(b) }
