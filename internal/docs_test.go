package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
	testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// files reads all of the repository with that ending.
func files(t *testing.T, ending string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return firstOf(err, filepath.SkipDir)
		}
		if strings.HasSuffix(path, ending) {
			raw, err := os.ReadFile(path)
			out[path] = string(raw)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLinksLead(t *testing.T) {
	seen := 0
	for path, text := range files(t, ".md") {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			seen++
			file, anchor, _ := strings.Cut(found[1], "#")
			target, there := path, text
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
				if info, err := os.Stat(target); err != nil || info.IsDir() && anchor != "" {
					t.Errorf("%s: %s leads nowhere", path, found[1])
					continue
				}
			}
			if anchor == "" {
				continue
			}
			if file != "" {
				raw, err := os.ReadFile(target)
				if err != nil {
					t.Fatal(err)
				}
				there = string(raw)
			}
			if !hasAnchor(there, anchor) {
				t.Errorf("%s: %s has no heading %s", path, target, anchor)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links were found", seen)
	}
}

func hasAnchor(text, anchor string) bool {
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		if strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// TestDocsNameTestsThatExist: docs/security.md says of each defence which test shows
// it, which is worth nothing once that test is called otherwise.
func TestDocsNameTestsThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, text := range files(t, "_test.go") {
		for _, f := range testFunc.FindAllStringSubmatch(text, -1) {
			known[f[1]] = true
		}
	}
	seen := 0
	for path, text := range files(t, ".md") {
		for line := range strings.Lines(text) {
			for _, name := range testName.FindAllString(line, -1) {
				seen++
				if !known[name] && !begins(known, line, name) {
					t.Errorf("%s: there is no %s", path, name)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d names were found", seen)
	}
}

// begins tells whether a name is the beginning of a test's, as -run takes it.
func begins(known map[string]bool, line, name string) bool {
	for full := range known {
		if strings.Contains(line, "-run "+name) && strings.HasPrefix(full, name) {
			return true
		}
	}
	return false
}
