package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// leftOut are the recordings that nothing here can be held against, each with
// the reason.
func leftOut() map[string]string {
	return map[string]string{
		"README.md": "the list of the recordings",
		"webhook_crm/unsorted-add-chats-appgpt.txt": "the subscription code of incoming leads is not documented: the sandbox tells of none, the product receives none",
		"webhook_crm/zapier-restore-contact.txt":    "no call of the API brings a card back from the bin",
	}
}

// forgotten are the files of the folder that are neither checked nor left out
// for a reason.
func forgotten(dir string) ([]string, error) {
	known := map[string]bool{}
	for _, c := range cases() {
		known[c.file] = true
	}
	for _, c := range hookCases() {
		known[c.file] = true
	}
	for file := range leftOut() {
		known[file] = true
	}
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if file := filepath.ToSlash(rel); err == nil && !known[file] && !strings.HasPrefix(file, ".") {
			out = append(out, file)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	slices.Sort(out)
	return out, nil
}
