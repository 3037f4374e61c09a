package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// param is one query parameter: filter[id][]=7 is path {filter,id,""} value "7".
type param struct {
	path  []string
	value string
}

// query is a PHP-style query string in the order it was sent. Brackets may come
// percent-encoded, lists as [], [0] or comma lists (Kommo API facts: transport).
type query []param

// parseQuery never fails: what cannot be unescaped is kept as it came, as PHP does.
func parseQuery(raw string) query {
	var q query
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		q = append(q, param{path: splitKey(unescape(k)), value: unescape(v)})
	}
	return q
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func splitKey(k string) []string {
	head, rest, ok := strings.Cut(k, "[")
	path := []string{head}
	for ok {
		var seg string
		seg, rest, ok = strings.Cut(rest, "]")
		if !ok {
			break
		}
		path = append(path, seg)
		rest, ok = strings.CutPrefix(rest, "[")
	}
	return path
}

func isIndex(s string) bool {
	if s == "" {
		return true
	}
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// values returns every value at the path, given as a scalar, [] or [n]. Of several
// scalars the last wins, as in PHP.
func (q query) values(path ...string) []string {
	var list []string
	scalar, hasScalar := "", false
	for _, p := range q {
		if slices.Equal(p.path, path) {
			scalar, hasScalar = p.value, true
			continue
		}
		n := len(path)
		if len(p.path) == n+1 && slices.Equal(p.path[:n], path) && isIndex(p.path[n]) {
			list = append(list, p.value)
		}
	}
	if hasScalar {
		list = append(list, scalar)
	}
	return list
}

// list is values with comma lists taken apart and blanks left out.
func (q query) list(path ...string) []string {
	var out []string
	for _, v := range q.values(path...) {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// ids is list as numbers; what is no number matches nothing and becomes -1.
func (q query) ids(path ...string) []int64 {
	var out []int64
	for _, v := range q.list(path...) {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			id = -1
		}
		out = append(out, id)
	}
	return out
}

// get returns the last scalar value at the path, or "".
func (q query) get(path ...string) string {
	v := ""
	for _, p := range q {
		if slices.Equal(p.path, path) {
			v = p.value
		}
	}
	return v
}

// has tells whether anything was sent at or below the path.
func (q query) has(path ...string) bool {
	return slices.ContainsFunc(q, func(p param) bool {
		return len(p.path) >= len(path) && slices.Equal(p.path[:len(path)], path)
	})
}

// span is a closed range; an absent end is open.
type span struct {
	from, to       float64
	hasFrom, hasTo bool
}

// span reads path[from] and path[to]. ok is false when neither was sent.
func (q query) span(path ...string) (s span, ok bool) {
	if v, err := strconv.ParseFloat(q.get(append(slices.Clone(path), "from")...), 64); err == nil {
		s.from, s.hasFrom = v, true
	}
	if v, err := strconv.ParseFloat(q.get(append(slices.Clone(path), "to")...), 64); err == nil {
		s.to, s.hasTo = v, true
	}
	return s, s.hasFrom || s.hasTo
}

func (s span) contains(v float64) bool {
	return (!s.hasFrom || v >= s.from) && (!s.hasTo || v <= s.to)
}

// groups collects path[0][a]=1&path[0][b]=2 into one map per index, in order.
func (q query) groups(path ...string) []map[string]string {
	var order []string
	byIndex := map[string]map[string]string{}
	for _, p := range q {
		n := len(path)
		if len(p.path) != n+2 || !slices.Equal(p.path[:n], path) {
			continue
		}
		i := p.path[n]
		if byIndex[i] == nil {
			byIndex[i] = map[string]string{}
			order = append(order, i)
		}
		byIndex[i][p.path[n+1]] = p.value
	}
	out := make([]map[string]string, 0, len(order))
	for _, i := range order {
		out = append(out, byIndex[i])
	}
	return out
}

// order returns the first order[field]=direction, or "".
func (q query) order() (field string, desc bool) {
	for _, p := range q {
		if len(p.path) == 2 && p.path[0] == "order" {
			return p.path[1], strings.EqualFold(p.value, "desc")
		}
	}
	return "", false
}

// encode writes the query as Kommo repeats it in _links: percent-encoded, []
// numbered from 0 (Kommo API facts: shapes).
func (q query) encode() string {
	var b strings.Builder
	count := map[string]int{}
	for i, p := range q {
		key := p.path[0]
		for _, seg := range p.path[1:] {
			if seg == "" {
				seg = strconv.Itoa(count[key])
				count[key]++
			}
			key += "[" + seg + "]"
		}
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(key) + "=" + url.QueryEscape(p.value))
	}
	return b.String()
}

// set returns a copy with the scalar parameter replaced, or appended.
func (q query) set(name, value string) query {
	out := slices.Clone(q)
	for i, p := range out {
		if len(p.path) == 1 && p.path[0] == name {
			out[i].value = value
			return out
		}
	}
	return append(out, param{path: []string{name}, value: value})
}

// name is the parameter's name without list indexes: filter[statuses][status_id].
func (p param) name() string {
	var b strings.Builder
	b.WriteString(p.path[0])
	for _, seg := range p.path[1:] {
		if !isIndex(seg) {
			b.WriteString("[" + seg + "]")
		}
	}
	return b.String()
}
