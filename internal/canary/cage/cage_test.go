package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

// TestMain lets this binary be the program in the cage.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "say" {
		_, _ = io.WriteString(os.Stdout, os.Getenv(os.Args[2]))
		os.Exit(3)
	}
	os.Exit(m.Run())
}

func planting(t *testing.T, names ...string) (cage, string) {
	t.Helper()
	c := cage{dir: t.TempDir()}
	if err := os.MkdirAll(c.kept(""), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.plant(bufio.NewScanner(strings.NewReader(strings.Join(names, "\n"))), &out); err != nil {
		t.Fatal(err)
	}
	return c, out.String()
}

func TestCageFindsWhatItPlanted(t *testing.T) {
	c, settings := planting(t, "A_SECRET", "MY_ENCRYPTION_KEY")
	if strings.Count(settings, "export A_SECRET=cnry") != 1 || strings.Count(settings, "export MY_ENCRYPTION_KEY_FILE=/") != 1 {
		t.Errorf("settings are %s", settings)
	}
	var said bytes.Buffer
	if err := c.search(&said); err == nil || !strings.Contains(err.Error(), "no run of the program had") {
		t.Errorf("nothing was run: %v", err)
	}
	all, err := c.planted()
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if err := c.note("run", []canary.Secret{all[0].Secret, all[1].Secret, {Name: "A_SECRET", Value: "another-of-it"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.search(&said); err == nil {
		t.Error("nothing was kept, and that is well")
	}
	if err := write(c.kept("log"), []byte("nothing of it")); err != nil {
		t.Fatal(err)
	}
	if err := c.search(&said); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{all[0].Value, all[1].Value, "another-of-it"} {
		if err := write(c.kept("deep/log"), []byte("x "+base64.StdEncoding.EncodeToString([]byte("it:"+secret)))); err != nil {
			t.Fatal(err)
		}
		said.Reset()
		if err := c.search(&said); err == nil || !strings.Contains(said.String(), "shows in log") {
			t.Errorf("%v, %s", err, &said)
		}
	}
}

func TestSecretsOfTestsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"--- PASS: TestCanaries (0.1s)": 0, "error is canary-secret-81c2, wants kmcp_at_ABCDEFGHIJKLMNOPQRST": 2,
		"eyJ0eXAiOiJKV1QifQ.eyJhIjoxMjM0NTY3ODkwfQ.c2ln and def50200" + strings.Repeat("0a", 30): 2, `"next_cursor":"eyJwIjoyfQ"`: 0,
	} {
		log := filepath.Join(t.TempDir(), "output-1")
		if err := write(log, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := ofTests(log); len(got) != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestCageKeepsWhatTheProgramSays(t *testing.T) {
	c, _ := planting(t, "A_SECRET", "MY_ENCRYPTION_KEY")
	t.Setenv("A_SECRET", "live-secret-0123")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.run(t.Context(), os.Environ(), program, []string{"say", "A_SECRET"}); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("ended with %v", err)
	}
	var said bytes.Buffer
	if err := c.search(&said); err == nil || !strings.Contains(said.String(), "A_SECRET shows in run-") {
		t.Errorf("%v, %s", err, &said)
	}
}

func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("from-a-file-0123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []planted{{canary.Secret{Name: "A", Value: "canary-a"}, "/a"}, {canary.Secret{Name: "KOMMO_ACCESS_TOKEN", Value: "canary-t"}, "/t"}, {canary.Secret{Name: "KOMMO_MCP_ACCESS_KEY", Value: "canary-k"}, "/k"}}
	for name, tt := range map[string]struct {
		env, args, want []string
		files           bool
	}{
		"nothing is set": {nil, nil, []string{"A=canary-a", "KOMMO_MCP_ACCESS_KEY=canary-k"}, false},
		"files":          {nil, nil, []string{"A_FILE=/a", "KOMMO_MCP_ACCESS_KEY_FILE=/k"}, true},
		"set":            {[]string{"A=live-and-long-1"}, nil, []string{"A=live-and-long-1", "KOMMO_MCP_ACCESS_KEY=canary-k"}, false},
		"set as a file":  {[]string{"A_FILE=" + file}, nil, []string{"A_FILE=" + file, "KOMMO_MCP_ACCESS_KEY=canary-k"}, false},
		"open":           {nil, []string{"http", "--demo"}, []string{"A=canary-a"}, false},
	} {
		env, has := environment(all, tt.env, tt.args, tt.files)
		if !slices.Equal(env, tt.want) || len(has) != len(tt.want) {
			t.Errorf("%s: %q with %v, want %q", name, env, has, tt.want)
		}
		if name == "set as a file" && has[0].Value != "from-a-file-0123" {
			t.Errorf("%s: has %v", name, has)
		}
	}
}
