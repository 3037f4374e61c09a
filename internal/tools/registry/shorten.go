package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	shortText   = 200  // texts are not cut below this while lists can still be
	tinyText    = 20   // the last resort
	fewKeys     = 50   // objects keep at least this many keys: only maps have more
	longestLink = 2000 // links and cursors up to this length are kept whole: half of one is useless
)

var errTooLarge = errors.New("the answer cannot be cut to the size cap")

// node is a JSON value that keeps the order of keys and the digits of numbers.
type node struct {
	kind byte     // '{', '[', '"', or 0 for a number, true, false and null
	text string   // the string, or the literal of a scalar
	keys []string // of an object
	kids []*node
}

// limits are how long texts and lists may be; 0 is no limit.
type limits struct{ text, list int }

// shorten cuts the longest texts, then the longest lists, as little as needed, and says so.
func (t Tool) shorten(doc []byte) ([]byte, error) {
	root, err := parseNode(doc)
	if err != nil {
		return nil, err
	}
	longest, widest := root.extent()
	attempt := func(l limits) []byte {
		root.set("truncated", l.note(root.before, t.maxChars(), t.spec.Narrow))
		return root.node.write(l)
	}
	fits := func(l limits) bool { return size(attempt(l)) <= t.maxChars() }
	if l, ok := largest(shortText, longest, func(n int) limits { return limits{text: n} }, fits); ok {
		return attempt(l), nil
	}
	if l, ok := largest(1, widest, func(n int) limits { return limits{shortText, n} }, fits); ok {
		return attempt(l), nil
	}
	if l := (limits{tinyText, 1}); fits(l) {
		return attempt(l), nil
	}
	return nil, errTooLarge
}

// largest finds the mildest limit from lo to hi that fits.
func largest(lo, hi int, of func(int) limits, fits func(limits) bool) (limits, bool) {
	if hi < lo || !fits(of(lo)) {
		return limits{}, false
	}
	n := sort.Search(hi-lo+1, func(i int) bool { return !fits(of(lo + i)) })
	return of(lo + n - 1), true
}

func (l limits) note(before string, maxChars int, narrow string) string {
	note := fmt.Sprintf("This answer would be longer than %d characters", maxChars)
	if l.text > 0 {
		note += fmt.Sprintf("; texts are cut to %d characters", l.text)
	}
	if l.list > 0 {
		note += "; lists show at most " + plural(l.list, "value")
	}
	if narrow != "" {
		note += "; narrow with " + narrow
	}
	return strings.TrimSpace(before + " " + note + ".")
}

// document is a parsed answer with the note that an earlier cut left in it.
type document struct {
	node   *node
	before string
}

func parseNode(doc []byte) (*document, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	n, err := readNode(dec)
	if err != nil {
		return nil, fmt.Errorf("reading the answer back: %w", err)
	}
	d := &document{node: n}
	if i := slices.Index(n.keys, "truncated"); i >= 0 {
		d.before = n.kids[i].text
	}
	return d, nil
}

func readNode(dec *json.Decoder) (*node, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		return readComposite(dec, byte(tok))
	case string:
		return &node{kind: '"', text: tok}, nil
	case nil:
		return &node{text: "null"}, nil
	default:
		return &node{text: fmt.Sprint(tok)}, nil
	}
}

func readComposite(dec *json.Decoder, kind byte) (*node, error) {
	n := &node{kind: kind}
	for dec.More() {
		if kind == '{' {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			n.keys = append(n.keys, fmt.Sprint(key))
		}
		kid, err := readNode(dec)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	}
	_, err := dec.Token()
	return n, err
}

// set puts a text at a key of the root, in front of the answer's own keys if it is new.
func (d *document) set(key, text string) {
	n := d.node
	if i := slices.Index(n.keys, key); i >= 0 {
		n.kids[i] = &node{kind: '"', text: text}
		return
	}
	i := slices.Index(n.keys, "notice") + 1
	n.keys = slices.Insert(n.keys, i, key)
	n.kids = slices.Insert(n.kids, i, &node{kind: '"', text: text})
}

// extent is the length of the longest text and of the longest list or object.
func (d *document) extent() (text, list int) { return d.node.extent() }

func (n *node) extent() (text, list int) {
	switch n.kind {
	case '"':
		text = utf8.RuneCountInString(n.text)
	case '[', '{':
		list = len(n.kids)
	}
	for _, k := range n.kids {
		kidText, kidList := k.extent()
		text, list = max(text, kidText), max(list, kidList)
	}
	return text, list
}

func (n *node) write(l limits) []byte {
	var b bytes.Buffer
	n.writeTo(&b, l, "")
	return b.Bytes()
}

func (n *node) writeTo(b *bytes.Buffer, l limits, key string) {
	switch n.kind {
	case '"':
		b.WriteString(quoteJSON(cutText(n.text, key, l.text)))
	case '{':
		b.WriteByte('{')
		for i, kid := range n.kids {
			if l.list > 0 && i >= max(l.list, fewKeys) {
				break
			}
			separate(b, i)
			b.WriteString(quoteJSON(n.keys[i]))
			b.WriteByte(':')
			kid.writeTo(b, l, n.keys[i])
		}
		b.WriteByte('}')
	case '[':
		b.WriteByte('[')
		for i, kid := range n.kids {
			if l.list > 0 && i >= l.list {
				break
			}
			separate(b, i)
			kid.writeTo(b, l, key)
		}
		b.WriteByte(']')
	default:
		b.WriteString(n.text)
	}
}

func separate(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

// cutText shortens a text to limit characters and says how many are gone.
func cutText(s, key string, limit int) string {
	n := utf8.RuneCountInString(s)
	if limit == 0 || n <= limit || key == "notice" || key == "truncated" {
		return s
	}
	if (key == "next_cursor" || strings.HasSuffix(key, "url")) && n <= longestLink {
		return s
	}
	return string([]rune(s)[:limit]) + fmt.Sprintf("… [%d more characters]", n-limit)
}
