// Command fidelity holds client and sandbox against recorded bodies of live
// accounts: every recorded body decodes in the client with no field lost, and
// the sandbox's answers have at least its keys with the same JSON types. The
// recordings are not part of this repository; -dir names their folder.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	dir := flag.String("dir", "", "folder of recorded bodies")
	flag.Parse()
	if err := run(context.Background(), *dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(1)
	}
}

// run checks every case and prints one line for each that fails, those that are
// left out with the reason, and how many bodies were read.
func run(ctx context.Context, dir string, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	box, err := openSandbox(ctx)
	if err != nil {
		return err
	}
	defer box.close()
	found, read, err := compareAll(ctx, box, dir)
	if err != nil {
		return err
	}
	unknown, err := forgotten(dir)
	if err != nil {
		return err
	}
	for _, file := range unknown {
		found = append(found, file+": neither checked nor left out for a reason")
	}
	for _, line := range found {
		fmt.Fprintln(out, line)
	}
	for _, file := range slices.Sorted(maps.Keys(leftOut())) {
		fmt.Fprintf(out, "left out: %s: %s\n", file, leftOut()[file])
	}
	fmt.Fprintf(out, "recorded bodies read: %d (the client decodes %d, the sandbox is compared with %d), differences: %d\n",
		read.all, read.decoded, read.compared, len(found))
	if len(found) > 0 {
		return fmt.Errorf("%d differences", len(found))
	}
	return nil
}

// counts say how many bodies were read and what for.
type counts struct{ all, decoded, compared int }

func compareAll(ctx context.Context, box *box, dir string) (found []string, n counts, err error) {
	for _, c := range cases() {
		body, status, err := load(filepath.Join(dir, c.file))
		if err != nil {
			return nil, n, err
		}
		n.all++
		if c.decode != nil {
			n.decoded++
		}
		if c.ask != nil {
			n.compared++
		}
		for _, complaint := range check(ctx, box, c, body, status) {
			found = append(found, c.file+": "+complaint)
		}
	}
	came, err := box.hookedKinds(ctx)
	if err != nil {
		return nil, n, err
	}
	for _, c := range hookCases() {
		complaints, err := checkHook(dir, c, came)
		if err != nil {
			return nil, n, err
		}
		n.all++
		n.compared++
		for _, complaint := range complaints {
			found = append(found, c.file+": "+complaint)
		}
	}
	return found, n, nil
}

// load reads a recording: the body itself, or a pair of request and response.
// Those of which only the records were kept are put back into their envelope
// by the case.
func load(path string) (body json.RawMessage, status int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, fmt.Errorf("recording: %w", err)
	}
	var pair struct {
		Response *struct {
			Status int             `json:"status"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}
	if json.Unmarshal(raw, &pair) == nil && pair.Response != nil {
		return pair.Response.Body, pair.Response.Status, nil
	}
	return raw, 200, nil
}

func check(ctx context.Context, box *box, c fixture, body json.RawMessage, status int) []string {
	var complaints []string
	if c.decode != nil {
		for _, lost := range decodes(ctx, c, body, status) {
			complaints = append(complaints, "client: "+lost)
		}
	}
	if c.ask != nil {
		for _, missing := range box.compare(ctx, c, body) {
			complaints = append(complaints, "sandbox: "+missing)
		}
	}
	return complaints
}
