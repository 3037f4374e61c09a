package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// maxPasted bounds what is read from the person, in bytes.
const maxPasted = 1 << 20

// paste takes the answer from the person: the address that the browser ended at.
func (l *login) paste(ctx context.Context, link string) error {
	fmt.Fprintf(l.app.errOut, "Open this link and allow access:\n\n%s\n\n"+
		"Then paste the whole address of the page that the browser ends at, and press Enter. Where the terminal cuts long lines off, paste it in pieces with Enter between them.\n", link)
	// Reading cannot be broken off, so that it must not keep a signal or the end of
	// the time waiting.
	lines := pastedLines(ctx, l.app.in)
	var p pieces
	for {
		select {
		case <-ctx.Done():
			return unanswered(ctx)
		case line, more := <-lines:
			if !more {
				return errors.New("no answer was pasted, so nothing was connected; run kommo-mcp login again for a new link")
			}
			if q, ok := p.add(line, l.mine); ok {
				_, err := l.complete(ctx, q)
				return err
			}
			if hint := p.hint(l.mine); hint != "" {
				fmt.Fprintln(l.app.errOut, hint)
			}
		}
	}
}

// unanswered says that nobody answered in time, or that a signal came.
func unanswered(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("no answer came from Kommo's page within 20 minutes, so nothing was connected; run kommo-mcp login again for a new link")
	}
	return errors.New("stopped before an answer came from Kommo's page; nothing was connected")
}

// pastedLines reads lines until the input ends.
func pastedLines(ctx context.Context, in io.Reader) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		lines := bufio.NewScanner(io.LimitReader(in, maxPasted))
		lines.Buffer(nil, maxPasted)
		for lines.Scan() {
			select {
			case out <- lines.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// pieces is what was pasted so far and is no answer yet: a mail or a terminal may
// have broken the address into lines.
type pieces struct{ before, last string }

// add takes a line; ok once it, by itself or behind those before it, is the answer.
func (p *pieces) add(line string, mine func(url.Values) bool) (q url.Values, ok bool) {
	p.last = bare(line)
	for _, text := range []string{p.last, p.before + p.last} {
		if q, ok := pastedQuery(text); ok && mine(q) && (q.Has("error") || (q.Has("code") && q.Has("referer"))) {
			return q, true
		}
	}
	if strings.Contains(p.last, "://") { // begins anew
		p.before = ""
	}
	p.before += p.last
	return nil, false
}

// hint says what the last line lacks; empty where nothing was pasted.
func (p *pieces) hint(mine func(url.Values) bool) string {
	q, ok := pastedQuery(p.last)
	switch {
	case p.last == "":
		return ""
	case strings.HasPrefix(p.last, "def502"), ok && q.Has("code") && !q.Has("state"):
		return "This is a part of the address. The rest is needed too: it names the account, and shows that the answer belongs to the link above. Paste the whole address:"
	case ok && mine(q):
		return "This is the link itself. Open it, allow access, and paste the address of the page that the browser ends at:"
	case ok && q.Has("state"):
		return "This is the answer to another link. Open the one above, allow access, and paste the address that the browser ends at:"
	}
	return "This is not the address that the browser ends at: that has code, referer and state behind a question mark. Paste it again:"
}

// pastedQuery is what stands behind the question mark; an address may come without
// what stands before it.
func pastedQuery(text string) (url.Values, bool) {
	if _, after, found := strings.Cut(text, "?"); found {
		text = after
	}
	text, _, _ = strings.Cut(text, "#")
	q, err := url.ParseQuery(strings.ReplaceAll(text, "&amp;", "&"))
	return q, err == nil && len(q) > 0
}

// bare takes away what terminals, mails and shells put around an address.
func bare(line string) string {
	for _, mark := range []string{"\x1b[200~", "\x1b[201~"} { // around what is pasted
		line = strings.ReplaceAll(line, mark, "")
	}
	return strings.Trim(line, " \t\r\n\"'`<>()")
}
