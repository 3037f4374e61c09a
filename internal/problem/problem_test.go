package problem_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

func TestProblemExplainsItself(t *testing.T) {
	p := problem.Missing("stage", "There is no stage “Nego”.", problem.Candidate{ID: 5, Name: "Negotiation"}).
		WithCandidates(problem.Candidate{Name: "Offer"}).WithNext("Use one of these names.").
		WithRetryAfter(time.Second).Wrap(io.EOF)
	if got, want := p.Error(), "There is no stage “Nego”. Candidates: Negotiation, Offer. Use one of these names."; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	err := fmt.Errorf("moving: %w", p)
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is not reachable")
	}
	if !errors.Is(err, problem.New(problem.NotFound, "")) || errors.Is(err, problem.New(problem.Internal, "")) {
		t.Error("errors.Is does not go by the code")
	}
	if !problem.HasCode(err, problem.Internal, problem.NotFound) || problem.HasCode(err, problem.Internal) ||
		problem.HasCode(io.EOF, problem.NotFound) {
		t.Error("HasCode does not go by the code")
	}
	if p.RetryAfter != time.Second || p.Field != "stage" {
		t.Errorf("lost fields: %+v", p)
	}
}

func TestShownHoldsAtMostTen(t *testing.T) {
	p := problem.Unclear("stage", "Several.")
	for i := range 30 {
		p.WithCandidates(problem.Candidate{ID: int64(i), Name: "x"})
	}
	if got := len(p.Shown()); got != problem.MaxCandidates {
		t.Errorf("shown %d candidates, want %d", got, problem.MaxCandidates)
	}
}

func TestInvalidNamesTheField(t *testing.T) {
	p := problem.Invalid("due", "No.").WithField("follow_up_due")
	if p.Code != problem.InvalidArgument || p.Field != "follow_up_due" {
		t.Errorf("got %+v", p)
	}
}
