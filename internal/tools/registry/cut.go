package registry

import (
	"errors"
	"fmt"
	"sort"
)

// Cutter is implemented by answers that are lists, so that a cut answer stays honest: Keep returns a copy
// with the first n rows, has_more true and the next_cursor that continues behind them.
type Cutter interface {
	Len() int
	Keep(n int) any
}

// cut makes an answer fit. Lists lose rows, which a next page brings; other answers have their longest
// texts shortened and then their longest lists. Either way the key "truncated" says so.
func (t Tool) cut(out any, doc []byte) ([]byte, error) {
	list, ok := out.(Cutter)
	if !ok || list.Len() == 0 {
		return t.shorten(doc)
	}
	var failed error
	n := sort.Search(list.Len(), func(i int) bool { // the first i+1 rows that do not fit
		kept, err := t.keep(list, i+1)
		failed = errors.Join(failed, err)
		return err != nil || size(kept) > t.maxChars()
	})
	if failed != nil {
		return nil, failed
	}
	kept, err := t.keep(list, max(n, 1))
	if err != nil || n > 0 {
		return kept, err
	}
	return t.shorten(kept) // even one row is too much
}

func (t Tool) keep(list Cutter, n int) ([]byte, error) {
	note := fmt.Sprintf("%d of the %d rows found for this page are shown, because the answer would be longer than %d characters: %d are left. Continue with next_cursor",
		n, list.Len(), t.maxChars(), list.Len()-n)
	if t.spec.Narrow != "" {
		note += ", or narrow with " + t.spec.Narrow
	}
	return t.render(list.Keep(n), note+".")
}
