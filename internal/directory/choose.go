package directory

// Choice is one thing that a person may mean by a name, for lists that this
// package does not keep: bots, elements of lists.
type Choice[T any] struct {
	Value   T
	ID      int64
	Name    string
	Aliases []string // other names that count when given in full: an SKU
	Detail  string   // tells namesakes apart
}

// Choose resolves a name or id among choices as this package resolves names: the
// refusal is about the argument field, calls what is wanted by kind ("bot"), and
// lists the names that would have been right.
func Choose[T any](field, kind, nameOrID string, from []Choice[T]) (T, error) {
	all := make([]choice[T], 0, len(from))
	for _, c := range from {
		all = append(all, choice[T]{value: c.Value, id: c.ID, name: c.Name, aliases: c.Aliases, detail: c.Detail})
	}
	c, err := resolve(wanted{field, kind, nameOrID}, all)
	return c.value, err
}
