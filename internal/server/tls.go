package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLSFiles are a certificate, with what leads to its issuer, and its key in PEM.
// They are read again when they change, so that a renewal needs no restart.
type TLSFiles struct{ Cert, Key string }

const (
	// certificateWarning is how long before its end a certificate is told of, once a
	// day: a renewal that works comes earlier.
	certificateWarning = 14 * 24 * time.Hour
	certificateRemind  = 24 * time.Hour
)

// certificates keeps the certificate in use and what its files looked like.
type certificates struct {
	files TLSFiles
	log   *slog.Logger
	now   func() time.Time

	mu     sync.Mutex
	inUse  *tls.Certificate
	stamps [2]stamp
	told   time.Time // when its end was last told of
}

// stamp tells one version of a file from another. Its identity counts too:
// renewals often swap a link to files that are as old and as long as the former.
type stamp struct {
	info os.FileInfo
	at   time.Time
	size int64
}

func (s stamp) same(other stamp) bool {
	return s.info != nil && other.info != nil && os.SameFile(s.info, other.info) && s.at.Equal(other.at) && s.size == other.size
}

// tlsConfig reads the files once, so that a mistake shows at the start.
func (f TLSFiles) tlsConfig(log *slog.Logger, now func() time.Time) (*tls.Config, error) {
	c := &certificates{files: f, log: log, now: now}
	if err := c.load(c.look()); err != nil {
		return nil, fmt.Errorf("TLS certificate: %w", err)
	}
	c.tellOfEnd()
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}, nil
}

func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current(hello.Context()), nil
}

// current is the newest certificate that could be read. Half-written files, or a
// certificate whose key has not been written yet, leave the former in use.
func (c *certificates) current(ctx context.Context) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.look(); !now[0].same(c.stamps[0]) || !now[1].same(c.stamps[1]) {
		if err := c.load(now); err != nil {
			c.log.ErrorContext(ctx, "the new TLS certificate cannot be used; the former stays in use", "error", err)
		} else {
			c.log.InfoContext(ctx, "TLS certificate read again", slog.Time("until", c.inUse.Leaf.NotAfter))
		}
	}
	c.tellOfEnd()
	return c.inUse
}

// tellOfEnd is for the renewal that stopped working: nothing else says so before
// clients refuse the certificate.
func (c *certificates) tellOfEnd() {
	now, ends := c.now(), c.inUse.Leaf.NotAfter
	if ends.Sub(now) >= certificateWarning || now.Sub(c.told) < certificateRemind {
		return
	}
	c.told = now
	c.log.Warn("the TLS certificate ends soon, or has ended: clients will refuse it", slog.Time("until", ends))
}

// load reads both files. The stamps are those from before, so that what changes
// meanwhile is read at the next handshake; a failure is not tried again until a
// file changes.
func (c *certificates) load(before [2]stamp) error {
	c.stamps = before
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return err
	}
	c.inUse, c.told = &pair, time.Time{}
	return nil
}

func (c *certificates) look() (out [2]stamp) {
	for i, name := range []string{c.files.Cert, c.files.Key} {
		if info, err := os.Stat(name); err == nil {
			out[i] = stamp{info, info.ModTime(), info.Size()}
		}
	}
	return out
}
