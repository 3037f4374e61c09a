package crm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const apiRoot = "/api/v4"

// apiPath checks a path of the account's API and returns it without the prefix,
// with the query that it carried. Everything that could lead elsewhere is
// refused: the token goes along.
func apiPath(text string) (path, query string, err error) {
	path, query, _ = strings.Cut(strings.TrimSpace(text), "?")
	if strings.Contains(path, ":") || strings.HasPrefix(path, "//") {
		return "", "", badPath("names a host; only this account's API can be called")
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`%\#`, r) }) {
		return "", "", badPath("holds characters that no path of the API has")
	}
	path = "/" + strings.Trim(path, "/")
	if rest, ok := strings.CutPrefix(path, apiRoot); ok && (rest == "" || rest[0] == '/') {
		path = rest
	}
	switch segments := strings.Split(strings.TrimPrefix(path, "/"), "/"); {
	case strings.Contains(path, ".."), slices.Contains(segments, "."):
		return "", "", badPath("leads out of the API")
	case slices.Contains(segments, ""):
		return "", "", badPath("is empty or has an empty part")
	case segments[0] == "api", segments[0] == "oauth2", segments[0] == "ajax":
		return "", "", badPath("is not of API v4, which is all that can be called")
	}
	return path, query, nil
}

func badPath(why string) error {
	return problem.Invalid("path", "The path "+why+"; nothing was sent.").
		WithNext("Give a path under /api/v4, such as /leads/5 or /api/v4/leads/5.")
}

// apiQuery reads a query string, or a JSON object in PHP's nesting:
// {"filter":{"id":[7,8]}} is filter[id][0]=7&filter[id][1]=8.
func apiQuery(text string) (url.Values, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "?")
	if strings.HasPrefix(text, "{") {
		return nestedQuery(text)
	}
	q, err := url.ParseQuery(text)
	if err != nil || q.Has("") {
		return nil, badQuery()
	}
	for name, values := range q {
		if strings.ContainsAny(name, "{}") || !strings.Contains(text, "=") && values[0] == "" {
			return nil, badQuery()
		}
	}
	return q, nil
}

func badQuery() error {
	return problem.Invalid("query", "The query cannot be read; nothing was sent.").
		WithNext(`Write it as limit=10&filter[id][]=7, or as the object {"limit":10,"filter":{"id":[7]}}.`)
}

func nestedQuery(text string) (url.Values, error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return nil, badQuery()
	}
	q := url.Values{}
	for name, value := range v {
		if list, ok := value.([]any); ok && name == "with" {
			value = commaList(list) // Kommo takes with as one comma list (Kommo API facts: transport)
		}
		nest(q, name, value)
	}
	return q, nil
}

func nest(q url.Values, name string, value any) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		for key, item := range v {
			nest(q, name+"["+key+"]", item)
		}
	case []any:
		for i, item := range v {
			nest(q, name+"["+strconv.Itoa(i)+"]", item)
		}
	default:
		q.Set(name, queryText(v))
	}
}

func commaList(list []any) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = queryText(v)
	}
	return strings.Join(words, ",")
}

// queryText writes a yes or no as Kommo's queries have it.
func queryText(v any) string {
	switch v {
	case true:
		return "1"
	case false:
		return "0"
	}
	return fmt.Sprint(v)
}
