package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

// trap is a file of the search's own, to see whether it would find something.
const trap = "trap"

// search looks for all secrets in all that was kept.
func (c cage) search(out io.Writer) error {
	secrets, err := c.secrets()
	if err != nil {
		return err
	}
	if err := c.provesItself(secrets); err != nil {
		return err
	}
	files, size, leaks, err := c.leaks(secrets)
	if err != nil {
		return err
	}
	for _, leak := range leaks {
		fmt.Fprintln(out, leak)
	}
	fmt.Fprintf(out, "%d secrets, %d files, %d bytes: %d leaks\n", len(secrets), files, size, len(leaks))
	if len(leaks) > 0 || size == 0 {
		return errors.New("a secret shows, or nothing was kept")
	}
	return nil
}

// secrets are the canaries, and what else the runs had. Each secret setting has to
// have had a value in one run.
func (c cage) secrets() (out []canary.Secret, err error) {
	all, err := c.planted()
	if err != nil {
		return nil, err
	}
	had, err := filepath.Glob(filepath.Join(c.dir, "had", "*"))
	if err != nil {
		return nil, err
	}
	for _, name := range had {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var set []canary.Secret
		if err := json.Unmarshal(raw, &set); err != nil {
			return nil, err
		}
		for _, s := range set {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	for _, p := range all {
		if !slices.ContainsFunc(out, func(s canary.Secret) bool { return s.Name == p.Name }) {
			return nil, fmt.Errorf("no run of the program had %s", p.Name)
		}
		if !slices.Contains(out, p.Secret) {
			out = append(out, p.Secret)
		}
	}
	return out, nil
}

// provesItself plants each secret in each form, and finds it.
func (c cage) provesItself(secrets []canary.Secret) error {
	defer os.Remove(c.kept(trap))
	for _, s := range secrets {
		for _, form := range canary.Forms(s.Value) {
			if err := write(c.kept(trap), []byte("before "+form.Text+" behind")); err != nil {
				return err
			}
			found, err := leaksIn(c.kept(trap), []canary.Secret{s})
			if err != nil {
				return err
			}
			if len(found) != 1 {
				return fmt.Errorf("%s would not be found as %s", s.Name, form.Name)
			}
		}
	}
	return nil
}

func (c cage) leaks(secrets []canary.Secret) (files int, size int64, out []string, err error) {
	err = filepath.WalkDir(c.kept(""), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files, size = files+1, size+info.Size()
		found, err := leaksIn(path, secrets)
		out = append(out, found...)
		if strings.HasPrefix(d.Name(), "output-") {
			out = append(out, ofTests(path)...)
		}
		return err
	})
	return files, size, out, err
}

// testSecrets are what tests use for secrets: canaries of their own, and tokens and
// keys that the sandbox and we make.
const testSecrets = `canary-\w[\w-]*|\bdef50[0-9a-f]{40,}|\bkmcp_\w{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+` //nolint:gosec // what they look like

// ofTests are the secrets of tests in what go test has printed.
func ofTests(path string) (out []string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return []string{err.Error()}
	}
	for _, found := range regexp.MustCompile(testSecrets).FindAllString(string(raw), -1) {
		out = append(out, "a secret of a test shows in "+filepath.Base(path)+": "+found)
	}
	return out
}

func leaksIn(path string, secrets []canary.Secret) (out []string, err error) {
	raw, err := os.ReadFile(path)
	for _, leak := range canary.Search(string(raw), secrets...) {
		out = append(out, fmt.Sprintf("%s shows in %s as %s: %s", leak.Name, filepath.Base(path), leak.Form, strings.ToValidUTF8(leak.Excerpt, "?")))
	}
	return out, err
}
