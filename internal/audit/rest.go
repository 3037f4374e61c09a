package audit

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxListed is how many elements of a list in the body of a raw request are shown.
const maxListed = 50

// addOfAPI reads the records of a raw request out of its path, its body and the
// answer.
func (g *gathered) addOfAPI(args, answer map[string]any) {
	path, _ := args["path"].(string)
	path, _, _ = strings.Cut(path, "?")
	words := strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
	kind := ""
	for _, word := range words {
		if n := number(word); n != 0 {
			g.add(record{Kind: kind, ID: n})
		} else if kind = ""; plainWord(word) {
			kind = singular(word)
		}
	}
	body, _ := answer["body"].(map[string]any)
	embedded, _ := body["_embedded"].(map[string]any)
	for _, name := range sortedKeys(embedded) {
		for _, one := range list(embedded[name]) {
			g.addBare(singular(name), one)
		}
	}
	sent := parsed(args["body"])
	for _, one := range slices.Concat([]any{body, sent}, list(sent), list(answer["list"])) {
		g.addBare(kind, one)
	}
}

// addBare is a record that says its id alone.
func (g *gathered) addBare(kind string, v any) {
	m, _ := v.(map[string]any)
	if !plainWord(kind) {
		kind = ""
	}
	g.add(record{Kind: kind, ID: number(m["id"]), UID: uid(m["uuid"])})
}

func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies"):
		return strings.TrimSuffix(word, "ies") + "y"
	case word == "statuses":
		return "stage" // as everywhere else here
	}
	return strings.TrimSuffix(word, "s")
}

// parsed is JSON that came as a text, or as what it says.
func parsed(v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	return object(json.RawMessage(`{"it":` + text + `}`))["it"]
}

// route is a path with its words and numbers; anything else in it could be a text.
func route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	words := strings.Split(path, "/")
	for i, word := range words {
		if word != "" && word != "v4" && !plainWord(word) && number(word) == 0 && uid(word) == "" {
			words[i] = "…"
		}
	}
	return cut(strings.Join(words, "/"))
}

// outline is the body of a raw request: its keys, ids and figures, and the length of
// all else.
func outline(key string, v any, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		if depth >= maxDepth {
			return length{len(v)}
		}
		out := map[string]any{}
		for name, inner := range v {
			if plainWord(name) {
				out[name] = outline(name, inner, depth+1)
			}
		}
		return out
	case []any:
		if depth >= maxDepth {
			return length{len(v)}
		}
		out := []any{}
		for _, inner := range v[:min(len(v), maxListed)] {
			out = append(out, outline(key, inner, depth+1))
		}
		return out
	case string:
		return length{utf8.RuneCountInString(v)}
	}
	return sized(key, v)
}
