package server

import (
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
