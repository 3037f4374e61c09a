package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/canary"
)

// cage is a directory: secrets and files with them, and, in kept, what was shown.
type cage struct{ dir string }

// planted is a secret setting and its canary.
type planted struct {
	canary.Secret

	File string `json:"file"` // that holds it
}

func (c cage) kept(name string) string { return filepath.Join(c.dir, "kept", name) }

// plant makes canaries. Every second one goes into the environment as the name of a
// file.
func (c cage) plant(names *bufio.Scanner, out io.Writer) error {
	var all []planted
	for names.Scan() {
		p := planted{Secret: canary.Secret{Name: names.Text(), Value: value(names.Text())}, File: filepath.Join(c.dir, "secrets", names.Text())}
		if err := write(p.File, []byte(p.Value)); err != nil {
			return err
		}
		setting := p.Name + "=" + p.Value
		if len(all)%2 == 1 {
			setting = p.Name + "_FILE=" + p.File
		}
		all = append(all, p)
		if _, err := fmt.Fprintf(out, "export %s\n", setting); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("no secret settings were named: %w", names.Err())
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return write(filepath.Join(c.dir, "planted.json"), raw)
}

// value is random, so that nothing can look like it by chance.
func value(name string) string {
	if strings.Contains(name, "ENCRYPTION_KEY") { // nothing else is taken there
		return base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32])
	}
	return "cnry" + rand.Text()
}

func write(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// planted are the canaries of this cage.
func (c cage) planted() ([]planted, error) {
	raw, err := os.ReadFile(filepath.Join(c.dir, "planted.json"))
	if err != nil {
		return nil, err
	}
	var all []planted
	return all, json.Unmarshal(raw, &all)
}
