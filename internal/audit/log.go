// Package audit keeps a record of every write: one line of JSON that says who did
// what to which records, and what came of it. What customers wrote or said is not in
// it unless that was asked for.
package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// Log appends to a file that its owner alone can read. A nil Log keeps nothing. It is
// safe for concurrent use, by several processes too: each line is one write.
type Log struct {
	path    string
	account func() string
	full    bool
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	file *os.File
	torn bool // the last line is there in part: the disk was full
}

// Option changes a log.
type Option func(*Log)

// WithTexts keeps texts as they are, customers' too.
func WithTexts() Option { return func(l *Log) { l.full = true } }

// WithAccount names the account of principals that are bound to none; it is asked at
// each line.
func WithAccount(name func() string) Option { return func(l *Log) { l.account = name } }

// WithLogger is where failures to write are told.
func WithLogger(log *slog.Logger) Option { return func(l *Log) { l.log = log } }

// WithClock is for tests.
func WithClock(now func() time.Time) Option { return func(l *Log) { l.now = now } }

// New is a log in a file, which is opened at the first line.
func New(path string, opts ...Option) *Log {
	l := &Log{path: path, log: slog.New(slog.DiscardHandler), now: time.Now, account: func() string { return "" }}
	for _, opt := range opts {
		opt(l)
	}
	return l
}

// Path is the log's file; empty if nothing is kept.
func (l *Log) Path() string {
	if l == nil {
		return ""
	}
	return l.path
}

// Check opens the file, which says whether lines can be kept.
func (l *Log) Check() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open()
}

// Reopen lets go of the file, for programs that rotate logs and say so. The path is
// opened at once, which says whether lines can be kept there.
func (l *Log) Reopen() error {
	return errors.Join(l.Close(), l.Check())
}

// Close closes the file.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file, l.torn = nil, false
	return file.Close()
}

// line is one write on record.
type line struct {
	Time    string   `json:"time"` // RFC 3339, UTC
	Request string   `json:"request_id,omitempty"`
	Who     who      `json:"who"`
	Account string   `json:"account,omitempty"`
	Tool    string   `json:"tool"`
	Class   string   `json:"class,omitempty"`
	Result  string   `json:"result"`         // ok, error, or the status of the answer
	Code    string   `json:"code,omitempty"` // of an error
	Message string   `json:"message,omitempty"`
	Records []record `json:"records"`
	More    int      `json:"more_records,omitempty"`
	Before  any      `json:"before,omitempty"`
	After   any      `json:"after,omitempty"`
	Given   any      `json:"given,omitempty"` // the arguments
	Pending int64    `json:"pending_id,omitempty"`
}

// who is a principal without what only concerns its rights.
type who struct {
	Kind  principal.Kind `json:"kind"`
	ID    string         `json:"id,omitempty"`
	Label string         `json:"label,omitempty"`
	User  int64          `json:"user_id,omitempty"`
}

// Write puts a call on record. That it could not is said as loudly as a log can, and
// breaks nothing: the write has happened.
func (l *Log) Write(ctx context.Context, c Call) {
	if l == nil {
		return
	}
	p := principal.From(ctx)
	entry := c.line(l.full)
	entry.Time, entry.Request = l.now().UTC().Format(time.RFC3339Nano), principal.Request(ctx)
	entry.Who, entry.Account = who{p.Kind, p.ID, p.Label, p.User}, p.Account
	if c.By != "" {
		entry.Who = actorOf(c.By)
	}
	entry.Account = cmp.Or(c.Account, entry.Account, l.account())
	if err := l.append(entry); err != nil {
		l.log.ErrorContext(ctx, "AUDIT: a write is not on record, since the audit log cannot be written", slog.String("tool", c.Tool),
			slog.String("request_id", entry.Request), slog.String("result", entry.Result), slog.Any("error", err))
	}
}

// append writes a line in one piece, which keeps those of several processes apart. Of
// one that did not fit on the disk what is there is ended, so that the next is whole.
func (l *Log) append(entry line) error {
	raw, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.open(); err != nil {
		return err
	}
	raw = append(raw, '\n')
	if l.torn {
		raw = append([]byte{'\n'}, raw...)
	}
	_ = l.file.SetWriteDeadline(time.Now().Add(pipeLimit)) // files have none, and need none
	n, err := l.file.Write(raw)
	if l.torn = l.torn && n == 0 || n > 0 && n < len(raw); l.torn {
		if _, ended := l.file.Write([]byte{'\n'}); ended == nil {
			l.torn = false
		}
	}
	return err
}

// pipeLimit is how long a line may wait for the reader of a pipe.
const pipeLimit = 2 * time.Second

// open opens the file, again if it was moved away, as programs that rotate logs do.
// A pipe that nobody reads is an error, not a wait.
func (l *Log) open() error {
	if l.file != nil {
		mine, err := l.file.Stat()
		if there, gone := os.Stat(l.path); err == nil && gone == nil && os.SameFile(mine, there) {
			return nil
		}
		_ = l.file.Close() // each line is written whole: nothing is held back in it
		l.file, l.torn = nil, false
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	if err := private(file); err != nil {
		return errors.Join(err, file.Close())
	}
	l.file = file
	return nil
}

// private takes the rights of others from a file that was there before.
func private(file *os.File) error {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return err // a pipe or device is whoever's it is
	}
	if err := file.Chmod(0o600); err != nil && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("others can read the audit log: %w", err)
	}
	return nil
}
