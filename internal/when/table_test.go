package when

import (
	"slices"
	"testing"
	"time"
)

// A key that fold would change could never be found.
func TestTableIsFolded(t *testing.T) {
	words := slices.Concat(vagueOpeners, aheadOpeners)
	for k := range phrases {
		words = append(words, k)
	}
	for k := range units {
		words = append(words, k)
	}
	for k := range numbers {
		words = append(words, k)
	}
	for k := range named {
		words = append(words, k)
	}
	for _, language := range weekdays {
		words = append(words, language.openers...)
		for k := range language.names {
			words = append(words, k)
		}
	}
	for _, w := range words {
		if fold(w) != w {
			t.Errorf("%q should be written %q", w, fold(w))
		}
	}
	if len(words) < 200 {
		t.Errorf("only %d words were looked at", len(words))
	}
}

// Each phrase of the table resolves alone, and either with a time or not at all.
func TestEveryPhraseResolves(t *testing.T) {
	r := newReader(nil, testNow())
	for k, m := range phrases {
		if _, err := r.read(k); err != nil {
			t.Errorf("%q: %v", k, err)
		}
		_, err := r.read(k + " 15:00")
		if (err != nil) != m.exact() {
			t.Errorf("%q with a time: %v", k, err)
		}
	}
}

func testNow() time.Time { return time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC) }
