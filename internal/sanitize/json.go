package sanitize

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// JSON applies Text to every string of a JSON document, keys included. Order of keys, numbers and white
// space stay as they are. A document with nothing to clean is returned without a copy; a broken one is
// cleaned as far as its strings can be read.
func JSON(doc []byte) []byte {
	var out []byte // nil until something changes
	done := 0      // doc[:done] is in out
	for i := 0; i < len(doc); i++ {
		if doc[i] != '"' {
			continue
		}
		end := literalEnd(doc, i)
		if clean, changed := literal(doc[i:end]); changed {
			out = append(append(out, doc[done:i]...), clean...)
			done = end
		}
		i = end - 1
	}
	if done == 0 {
		return doc
	}
	return append(out, doc[done:]...)
}

// literalEnd is the index behind the string literal that starts at i.
func literalEnd(doc []byte, i int) int {
	for j := i + 1; j < len(doc); j++ {
		switch doc[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(doc)
}

// literal cleans one string literal. Escapes such as \u200b are undone first, because they hide as well.
func literal(lit []byte) (clean []byte, changed bool) {
	escaped := bytes.IndexByte(lit, '\\') >= 0
	if !escaped && utf8.Valid(lit) && !suspicious(string(lit)) {
		return nil, false
	}
	var s string
	if json.Unmarshal(lit, &s) != nil {
		return nil, false
	}
	text := Text(s)
	if text == s && utf8.Valid(lit) && !bytes.Contains(lit, []byte(`\u`)) {
		return nil, false
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return nil, false
	}
	clean = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return clean, !bytes.Equal(clean, lit)
}
