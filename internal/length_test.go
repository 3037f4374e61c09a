package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What can be read at a sight: functions mostly under 30 lines.
const (
	longestFunction = 60
	longestFile     = 400
	usualFunction   = 30
)

func TestFunctionsAndFilesAreShort(t *testing.T) {
	var lengths []int
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return firstOf(err, filepath.SkipDir)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		lengths = append(lengths, functionLengths(t, path)...)
		return nil
	})
	if err != nil || len(lengths) < 1000 {
		t.Fatalf("only %d functions were read: %v", len(lengths), err)
	}
	slices.Sort(lengths)
	tenth := lengths[len(lengths)*9/10]
	t.Logf("%d functions: median %d lines, nine of ten at most %d, the longest %d",
		len(lengths), lengths[len(lengths)/2], tenth, lengths[len(lengths)-1])
	if tenth >= usualFunction {
		t.Errorf("a tenth of the functions has %d lines or more, most should have less than %d", tenth, usualFunction)
	}
}

// functionLengths reads one file and says what in it is too long.
func functionLengths(t *testing.T, path string) (lengths []int) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	if n := set.File(file.Pos()).LineCount(); n > longestFile {
		t.Errorf("%s has %d lines, at most %d are allowed", path, n, longestFile)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
		lengths = append(lengths, n)
		if n > longestFunction {
			t.Errorf("%s: %s has %d lines, at most %d are allowed", path, f.Name.Name, n, longestFunction)
		}
	}
	return lengths
}
