package directory

import (
	"fmt"
	"testing"
)

// BenchmarkMatch looks for a name among those of a large account, where the last test
// finds it, and one that none has.
func BenchmarkMatch(b *testing.B) {
	var choices []choice[int]
	for i := range 200 {
		choices = append(choices, choice[int]{value: i, id: int64(i), name: fmt.Sprintf("Étape numéro %d – Negociación", i)})
	}
	for _, query := range []string{"nego num 117", "nobody is called so"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				_, _ = resolve(wanted{"stage", "stage", query}, choices)
			}
		})
	}
}
