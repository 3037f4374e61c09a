package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	// bodiesOfOne is how many bytes of bodies of one sender are held at once: many
	// transcripts. Slow senders would fill the memory otherwise.
	bodiesOfOne = 64 << 20
	// bodiesOfAll is so for all senders of a kind together.
	bodiesOfAll = 256 << 20
)

// bodies counts the bytes of bodies that are held, of those whose key is checked
// before and of strangers, whose signature is over the body. The one do not take the
// room of the others.
type bodies struct{ known, strangers hold }

// hold is the bytes of one kind of senders.
type hold struct {
	mu  sync.Mutex
	all int64
	by  map[string]int64
}

var (
	errOneTooMany = errors.New("too many bytes of one sender")
	errAllTooMany = errors.New("too many bytes of all senders")
)

func (h *hold) take(sender string, n int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.by[sender]+n > bodiesOfOne:
		return errOneTooMany
	case h.all+n > bodiesOfAll:
		return errAllTooMany
	}
	if h.by == nil {
		h.by = map[string]int64{}
	}
	h.all += n
	h.by[sender] += n
	return nil
}

func (h *hold) give(sender string, n int64) {
	if n == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all -= n
	if h.by[sender] -= n; h.by[sender] <= 0 {
		delete(h.by, sender)
	}
}

// counted takes room for what it reads.
type counted struct {
	io.Reader

	in     *hold
	sender string
	held   int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if full := c.in.take(c.sender, int64(n)); full != nil {
		return 0, full
	}
	c.held += int64(n)
	return n, err
}

// of is where a body counts that somebody sends, or a stranger, who has no kind.
func (b *bodies) of(r *http.Request, p principal.Principal) (in *hold, sender string) {
	if p.Kind == "" {
		return &b.strangers, networkOf(seenOf(r).addr)
	}
	return &b.known, string(p.Kind) + " " + p.ID
}

// body reads a body of at most that many bytes, or refuses it. done is called when
// nothing of it is needed any more.
func (w Web) body(out http.ResponseWriter, r *http.Request, most int64, p principal.Principal) (body []byte, done func(), ok bool) {
	if code := r.Header.Get("Content-Encoding"); code != "" && !strings.EqualFold(code, "identity") {
		refuse(out, http.StatusUnsupportedMediaType, problem.InvalidArgument, "the body is compressed, which is not taken", "Send it as it is, without Content-Encoding.")
		return nil, nil, false
	}
	in, sender := w.bodies.of(r, p)
	reader := &counted{Reader: http.MaxBytesReader(out, r.Body, most), in: in, sender: sender}
	done = func() { in.give(sender, reader.held) }
	err := error(&http.MaxBytesError{Limit: most})
	if r.ContentLength <= most { // else nothing of it has to come
		body, err = io.ReadAll(reader)
	}
	if err == nil {
		return body, done, true
	}
	done()
	unread(out, err, most)
	return nil, nil, false
}

// unread says why a body was not taken.
func unread(w http.ResponseWriter, err error, most int64) {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		refuse(w, http.StatusRequestEntityTooLarge, problem.InvalidArgument, fmt.Sprintf("the body has more than %d MiB", most>>20), "Shorten the transcript.")
	case errors.Is(err, errOneTooMany):
		tooMany(w, time.Second, "too many bytes at once from this sender", "Send fewer at once.")
	case errors.Is(err, errAllTooMany):
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, problem.Unavailable, "too much is being read at once", "Send it again in a moment.")
	default:
		refuse(w, http.StatusBadRequest, problem.InvalidArgument, "the body could not be read", "Send it again.")
	}
}
