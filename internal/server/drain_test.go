package server

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDrainWaitsForWhatWillBeAnswered and for nothing else.
func TestDrainWaitsForWhatWillBeAnswered(t *testing.T) {
	const call = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x"}}` + "\n"
	for name, tt := range map[string]struct {
		in, out string
		want    time.Duration
	}{
		"a call":              {call, "", drainLimit},
		"an answered call":    {call, `{"jsonrpc":"2.0","id":2,"result":{}}`, 0},
		"another's answer":    {call, `{"jsonrpc":"2.0","id":3,"result":{}}`, drainLimit},
		"a request of ours":   {call, `{"jsonrpc":"2.0","id":2,"method":"ping"}`, drainLimit},
		"a cancelled call":    {call + `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}` + "\n", "", 0},
		"a notification":      {`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n", "", 0},
		"an id that is none":  {`{"jsonrpc":"2.0","id":null,"method":"ping"}` + "\n", "", 0},
		"a listen stream":     {`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}` + "\n", "", 0},
		"an answer of theirs": {`{"jsonrpc":"2.0","id":1,"result":{}}` + "\n", "", 0},
		"noise":               {"[{}]\nnonsense\n", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				d := newDrain(t.Context(), strings.NewReader(tt.in), io.Discard)
				buf := make([]byte, len(tt.in))
				if _, err := io.ReadFull(d, buf); err != nil || string(buf) != tt.in {
					t.Fatalf("read %q, error %v", buf, err)
				}
				if tt.out != "" {
					if _, err := io.WriteString(d, tt.out); err != nil {
						t.Fatal(err)
					}
				}
				if n, err := d.Read(buf); n != 0 || !errors.Is(err, io.EOF) {
					t.Errorf("read %d more, error %v", n, err)
				}
				if took := time.Since(begin); took != tt.want {
					t.Errorf("held back for %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// TestDrainEndsTheLastLine: requests may be piped in without a last line break,
// whatever the reader's buffer.
func TestDrainEndsTheLastLine(t *testing.T) {
	for _, size := range []int{1, 2, 3, 64} {
		d := newDrain(t.Context(), strings.NewReader("one\ntwo"), io.Discard)
		var got []byte
		for buf := make([]byte, size); ; {
			n, err := d.Read(buf)
			got = append(got, buf[:n]...)
			if err != nil {
				break
			}
		}
		if string(got) != "one\ntwo\n" {
			t.Errorf("with %d bytes at a time: read %q", size, got)
		}
	}
}

// TestDrainCutsEndlessLines: what is over the limit never reaches mcp-go, which
// reads a line of any length into memory; the next line is whole.
func TestDrainCutsEndlessLines(t *testing.T) {
	next := `{"jsonrpc":"2.0","id":2,"method":"ping"}` + "\n"
	long := strings.Repeat("a", 3*maxLine)
	d := newDrain(t.Context(), strings.NewReader(long+"\n"+next), io.Discard)
	got := make([]byte, maxLine+1+len(next))
	if _, err := io.ReadFull(d, got); err != nil {
		t.Fatal(err)
	}
	if want := long[:maxLine] + "\n" + next; string(got) != want {
		t.Errorf("read %d bytes that end in %q", len(got), got[len(got)-60:])
	}
	if !d.isOpen("2") {
		t.Error("the request after it was not noted")
	}
}

// TestDrainKeepsBackWhatWasCalledOff and nothing else, also when the id is used
// again.
func TestDrainKeepsBackWhatWasCalledOff(t *testing.T) {
	in, feed := io.Pipe()
	out := &bytes.Buffer{}
	d := newDrain(t.Context(), in, out)
	read := func(line string) {
		go func() { _, _ = io.WriteString(feed, line+"\n") }()
		if _, err := io.ReadFull(d, make([]byte, len(line)+1)); err != nil {
			t.Fatal(err)
		}
	}
	write := func(line string) {
		if n, err := io.WriteString(d, line); n != len(line) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	read(`{"jsonrpc":"2.0","id":7,"method":"tools/call"}`)
	read(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}`) // never asked
	read(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	write(`{"jsonrpc":"2.0","id":8,"result":{}}`)
	write(`{"jsonrpc":"2.0","id":7,"result":"late"}`)
	read(`{"jsonrpc":"2.0","id":7,"method":"tools/call"}`)
	write(`{"jsonrpc":"2.0","id":7,"result":"new"}`)
	if got := out.String(); strings.Contains(got, "late") || !strings.Contains(got, `"id":8`) || !strings.Contains(got, "new") {
		t.Errorf("wrote %s", got)
	}
}
