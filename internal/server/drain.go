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

// maxLine is the largest message taken, the same as over HTTP. mcp-go itself
// reads without a limit.
const maxLine = maxBody

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
	partial []byte                     // an input line not yet complete
	open    map[string]json.RawMessage // ids read and not yet answered, as they came, by how mcp-go returns them
	off     map[string]struct{}        // ids called off whose answer may still come
	idle    chan struct{}              // closed and replaced when open shrinks
}

func newDrain(ctx context.Context, in io.Reader, out io.Writer) *drain {
	return &drain{ctx: ctx, in: in, out: out, open: map[string]json.RawMessage{}, off: map[string]struct{}{}, idle: make(chan struct{})}
}

// Read passes input on and notes the ids of the requests in it. What is left of
// a line that is too long is swallowed, so that mcp-go answers a parse error. A
// last line without its end is given one: mcp-go would drop it.
func (d *drain) Read(p []byte) (int, error) {
	for {
		n, err := d.in.Read(p)
		kept := d.note(p[:n])
		switch {
		case kept == 0 && err == nil && n > 0:
			continue
		case !errors.Is(err, io.EOF):
			return kept, err
		case d.unfinished() && kept == len(p):
			return kept, nil // the end comes again with the next read
		case d.unfinished():
			p[kept] = '\n'
			return kept + d.note(p[kept:kept+1]), nil
		}
		d.wait()
		return kept, err
	}
}

// Write passes output on and strikes the ids it answers. mcp-go writes one
// whole message a call. The answer to a call that was called off is kept back:
// the client has forgotten it.
func (d *drain) Write(p []byte) (int, error) {
	id := answeredID(p)
	if d.calledOff(id) {
		return len(p), nil
	}
	line, _ := recode(p)
	if line = acknowledged(line); line == nil {
		return len(p), nil
	}
	if asked, ok := d.asked(id); ok {
		line = withID(line, json.RawMessage(id), asked)
	}
	n, err := d.out.Write(line)
	if id != "" {
		d.mu.Lock()
		delete(d.open, id)
		close(d.idle)
		d.idle = make(chan struct{})
		d.mu.Unlock()
	}
	if err != nil {
		return min(n, len(p)), err
	}
	return len(p), nil
}

// asked is the id of the request that an answer is to, as it came.
func (d *drain) asked(id string) (json.RawMessage, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked, ok := d.open[id]
	return asked, ok
}

func (d *drain) calledOff(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, off := d.off[id]
	delete(d.off, id)
	return off
}

// note reads the lines in p, takes out what makes one too long, and returns how
// much of p is left.
func (d *drain) note(p []byte) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, rest := 0, p
	for len(rest) > 0 {
		part, after, ended := bytes.Cut(rest, []byte{'\n'})
		part = part[:min(len(part), maxLine-len(d.partial))]
		d.partial = append(d.partial, part...)
		kept += copy(p[kept:], part)
		if ended {
			d.noteLine(d.partial)
			d.partial = d.partial[:0]
			p[kept] = '\n'
			kept++
		}
		rest = after
	}
	return kept
}

func (d *drain) unfinished() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.partial) > 0
}

// noteLine opens the id of a request and strikes one that is called off: nobody
// waits for its answer. A listen stream is answered only when it is closed.
func (d *drain) noteLine(line []byte) {
	var f frame
	if json.Unmarshal(line, &f) != nil {
		return
	}
	switch f.Method {
	case "", "subscriptions/listen":
	case "notifications/cancelled":
		if id := string(asReturned(f.Params.RequestID)); d.isOpen(id) {
			delete(d.open, id)
			d.off[id] = struct{}{}
		}
	default:
		if id := string(asReturned(f.ID)); id != "" && id != "null" {
			d.open[id] = f.ID
			delete(d.off, id)
		}
	}
}

func (d *drain) isOpen(id string) bool {
	_, open := d.open[id]
	return open
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
