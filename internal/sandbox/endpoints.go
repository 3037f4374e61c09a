package sandbox

import (
	"iter"
	"slices"
	"strings"
)

// Endpoints are all operations that the sandbox serves, sorted: "GET
// /api/v4/leads/{}". Paths begin at the host's root, a wildcard is {}, and an
// alternative has a line for each of its words.
func Endpoints() []string {
	var out []string
	for _, group := range resources() {
		for _, r := range group {
			path := r.Path
			if !r.Root {
				path = apiPrefix + path
			}
			for p := range spelled("", strings.Split(strings.Trim(path, "/"), "/")) {
				out = append(out, r.Method+" "+p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// spelled yields a path for each choice of its alternatives.
func spelled(head string, rest []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(rest) == 0 {
			yield(head)
			return
		}
		for _, word := range choices(rest[0]) {
			for path := range spelled(head+"/"+word, rest[1:]) {
				if !yield(path) {
					return
				}
			}
		}
	}
}

func choices(segment string) []string {
	if !strings.HasPrefix(segment, "{") {
		return []string{segment}
	}
	_, kind, _ := strings.Cut(strings.Trim(segment, "{}"), ":")
	if kind == "" || kind == "int" {
		return []string{"{}"}
	}
	return strings.Split(kind, "|")
}
