package server

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	healthEndpoint = "/healthz"
	readyEndpoint  = "/readyz"
	// readyLimit bounds how long a check may take; who asks often gives up early.
	readyLimit = 3 * time.Second
)

func isHealth(path string) bool { return path == healthEndpoint || path == readyEndpoint }

// healthy says that the process lives.
func healthy(w http.ResponseWriter, _ *http.Request) { writeWord(w, http.StatusOK, "ok") }

// ready says whether requests can be served, with the reason in a word where they
// cannot: stopping, or store.
func (w Web) ready(stop <-chan struct{}) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		if w.ending.begun() || isClosed(stop) {
			writeWord(out, http.StatusServiceUnavailable, "stopping")
			return
		}
		if err := w.checkReady(r.Context()); err != nil {
			w.logger().ErrorContext(r.Context(), "not ready", "error", err)
			writeWord(out, http.StatusServiceUnavailable, "store")
			return
		}
		writeWord(out, http.StatusOK, "ok")
	}
}

// ending says that the process was told to end: it serves on for a while, and whoever
// sends it requests should stop doing so.
type ending struct{ on atomic.Bool }

func (e *ending) begun() bool { return e != nil && e.on.Load() }

func isClosed(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// checkReady gives up in time even when the check does not heed its context.
func (w Web) checkReady(ctx context.Context) error {
	if w.Edge.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil { // in a goroutine of its own it would end the process
				done <- fmt.Errorf("%w: the check panicked: %v", errInternal, cause)
			}
		}()
		done <- w.Edge.Ready(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func writeWord(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word + "\n"))
}
