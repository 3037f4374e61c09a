package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// onceRecord is what is kept of a create under its idempotency key.
type onceRecord struct {
	Digest string          `json:"digest"`
	Begun  time.Time       `json:"begun"`            // nothing of it was sent before
	Sent   time.Time       `json:"sent"`             // when it was last tried
	Result json.RawMessage `json:"result,omitempty"` // of one that is done
}

// once runs a job unless the same job was already run under key, whose result it
// then returns with repeat set; two callers at the same instant, of several
// processes too, run it once. Other input under a used key is refused. A job
// that failed with nothing written may be run again under its key. One that
// broke off, or whose outcome is unknown, is looked up before anything is sent
// again (see settle). An empty key runs the job always.
func once[T any](ctx context.Context, s *Service, job, key string, input any, run func(context.Context) (T, error)) (out T, repeat bool, err error) {
	if key == "" {
		out, err = run(ctx)
		return out, false, err
	}
	digest, err := digestOf(input)
	if err != nil {
		return out, false, err
	}
	rec := onceRecord{Digest: digest, Begun: s.clock.Now(), Sent: s.clock.Now()}
	body, err := json.Marshal(rec)
	if err != nil {
		return out, false, err
	}
	h, err := s.journal.begin(ctx, store.Op{Kind: job, Key: key, Body: body})
	if err != nil {
		return out, false, err
	}
	defer h.done() // after a panic, those who wait must not wait for ever
	ctx = withJob(ctx, keyedJob{name: job + " " + key})
	if h.begun == store.Fresh {
		out, err = runOnce(ctx, h, rec, run)
		return out, false, err
	}
	if err := json.Unmarshal(h.Body, &rec); err != nil {
		return out, false, stateFailed(err)
	}
	switch {
	case rec.Digest != digest:
		err = usedKey(key, h, rec, s.clock.Now())
		return out, false, errors.Join(err, h.settle(ctx, formerState(h.begun), h.Body))
	case h.begun == store.Again:
		err = json.Unmarshal(rec.Result, &out)
		return out, true, errors.Join(err, h.settle(ctx, store.Done, h.Body))
	}
	ctx = withJob(ctx, keyedJob{name: job + " " + key, since: rec.Begun, sent: rec.Sent})
	if now := s.clock.Now(); !now.Before(rec.Sent.Add(thirdLook)) {
		rec.Sent = now // it may be sent again: that is kept before it happens
		if body, err = json.Marshal(rec); err == nil {
			err = h.save(ctx, body)
		}
		if err != nil {
			return out, false, err
		}
	}
	out, err = runOnce(ctx, h, rec, run)
	return out, false, err
}

// keyedJob is the job under whose key a create runs.
type keyedJob struct {
	name  string
	since time.Time // zero: it was never tried before
	sent  time.Time // when it was last tried
}

type jobKey struct{}

func withJob(ctx context.Context, j keyedJob) context.Context {
	return context.WithValue(ctx, jobKey{}, j)
}

func jobOf(ctx context.Context) (j keyedJob, keyed bool) {
	j, keyed = ctx.Value(jobKey{}).(keyedJob)
	return j, keyed
}

// since is from when on a record may be one that this job has made.
func (s *Service) since(ctx context.Context) time.Time {
	if job, _ := jobOf(ctx); !job.since.IsZero() {
		return job.since
	}
	return s.clock.Now()
}

func formerState(b store.Begun) store.State {
	if b == store.Again {
		return store.Done
	}
	return store.Waiting
}

// runOnce runs the job and keeps its result.
func runOnce[T any](ctx context.Context, h *hold, rec onceRecord, run func(context.Context) (T, error)) (T, error) {
	out, err := run(ctx)
	switch {
	case problem.HasCode(err, problem.OutcomeUnknown):
		return out, errors.Join(err, h.settle(ctx, store.Waiting, h.Body))
	case err != nil:
		h.drop(ctx)
		return out, err
	}
	if warns, ok := any(&out).(warner); ok && h.warning != "" {
		warns.warn(h.warning)
	}
	var body []byte
	if rec.Result, err = json.Marshal(out); err == nil {
		body, err = json.Marshal(rec)
	}
	if err == nil {
		err = h.settle(ctx, store.Done, body)
	}
	if warns, ok := any(&out).(warner); ok && err != nil {
		warns.warn("It was written, but could not be recorded: " + said(err) + ". Do not repeat this call.")
	}
	return out, nil
}

// warner is an answer that takes a warning.
type warner interface{ warn(text string) }

func (m *Made) warn(text string) { m.Warnings = append(m.Warnings, text) }

// usedKey refuses other content under a key and names what was made under it.
func usedKey(key string, h *hold, rec onceRecord, now time.Time) error {
	var first struct {
		ID  int64  `json:"id"`
		URL string `json:"url"`
	}
	_ = json.Unmarshal(rec.Result, &first) // without it the age alone is named
	made := ""
	if first.ID != 0 {
		made = fmt.Sprintf(" (record %d)", first.ID)
	}
	if first.URL != "" {
		made = fmt.Sprintf(" (record %d, %s)", first.ID, first.URL)
	}
	return problem.New(problem.Conflict, fmt.Sprintf("The key %q was already used for other content%s, %s ago; nothing was written.",
		key, made, now.Sub(h.Created).Round(time.Second))).
		WithField("idempotency_key").
		WithNext("Use a new key for new content, and the same content to repeat a call.")
}

func digestOf(input any) (string, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("digest of the input: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
