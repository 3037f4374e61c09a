package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"
)

// drainLimit bounds the wait for the last answers after the input ended.
const drainLimit = 20 * time.Second

// drain sits on both pipes of a stdio server and holds back the end of the
// input until every request read has been answered: mcp-go cancels the calls
// in flight the moment it sees the end, which would cut off a write whose
// answer is on its way.
type drain struct {
	ctx context.Context //nolint:containedctx // bounds the wait inside Read, which takes no context
	in  io.Reader
	out io.Writer

	mu      sync.Mutex
	partial []byte              // an input line not yet complete
	open    map[string]struct{} // ids read and not yet answered
	idle    chan struct{}       // closed and replaced when open shrinks
}

func newDrain(ctx context.Context, in io.Reader, out io.Writer) *drain {
	return &drain{ctx: ctx, in: in, out: out, open: map[string]struct{}{}, idle: make(chan struct{})}
}

// Read passes input on and notes the ids of the requests in it.
func (d *drain) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	d.note(p[:n])
	if errors.Is(err, io.EOF) {
		d.wait()
	}
	return n, err
}

// Write passes output on and strikes the ids it answers. mcp-go writes one
// whole message a call.
func (d *drain) Write(p []byte) (int, error) {
	n, err := d.out.Write(p)
	if id := answeredID(p); id != "" {
		d.mu.Lock()
		delete(d.open, id)
		close(d.idle)
		d.idle = make(chan struct{})
		d.mu.Unlock()
	}
	return n, err
}

func (d *drain) note(p []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.partial = append(d.partial, p...)
	for {
		end := bytes.IndexByte(d.partial, '\n')
		if end < 0 {
			return
		}
		d.noteLine(d.partial[:end])
		d.partial = d.partial[end+1:]
	}
}

// noteLine opens the id of a request and strikes one that is called off, which is
// never answered. A listen stream is answered only when it is closed.
func (d *drain) noteLine(line []byte) {
	var f frame
	if json.Unmarshal(line, &f) != nil {
		return
	}
	switch f.Method {
	case "", "subscriptions/listen":
	case "notifications/cancelled":
		delete(d.open, string(f.Params.RequestID))
	default:
		if id := string(f.ID); id != "" && id != "null" {
			d.open[id] = struct{}{}
		}
	}
}

func (d *drain) wait() {
	timer := time.NewTimer(drainLimit)
	defer timer.Stop()
	for {
		d.mu.Lock()
		left, changed := len(d.open), d.idle
		d.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-changed:
		case <-d.ctx.Done():
			return
		case <-timer.C:
			return
		}
	}
}

type frame struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		RequestID json.RawMessage `json:"requestId"`
	} `json:"params"`
}

func answeredID(line []byte) string {
	var f frame
	if json.Unmarshal(line, &f) != nil || f.Method != "" {
		return ""
	}
	return string(f.ID)
}
