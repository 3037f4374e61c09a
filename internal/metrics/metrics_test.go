package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/metrics"
)

// page is what Prometheus would read.
func page(t *testing.T, s *metrics.Set) (int, string) {
	t.Helper()
	out := httptest.NewRecorder()
	s.Handler().ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	raw, err := io.ReadAll(out.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return out.Code, string(raw)
}

func TestCountsAreByAccount(t *testing.T) {
	s := metrics.New("v1.2.3")
	s.Call("1", "get_lead", "", 300*time.Millisecond)
	s.Call("1", "get_lead", "", 3*time.Second)
	s.Call("1", "get_lead", "not_found", time.Millisecond)
	s.Call("2", "get_lead", "", time.Second)
	s.Call("", "get_lead", "no_token", 0)
	s.Delivered("1", "")
	s.Delivered("2", "invalid_argument")
	_, body := page(t, s)
	for _, want := range []string{
		`kommo_mcp_build_info{version="v1.2.3"} 1`,
		`kommo_mcp_tool_calls_total{account="1",result="ok",tool="get_lead"} 2`,
		`kommo_mcp_tool_calls_total{account="1",result="not_found",tool="get_lead"} 1`,
		`kommo_mcp_tool_calls_total{account="2",result="ok",tool="get_lead"} 1`,
		`kommo_mcp_tool_calls_total{account="none",result="no_token",tool="get_lead"} 1`,
		`kommo_mcp_tool_call_seconds_bucket{account="1",le="0.5"} 2`,
		`kommo_mcp_tool_call_seconds_count{account="2"} 1`,
		`kommo_mcp_calls_delivered_late_total{account="1",result="ok"} 1`,
		`kommo_mcp_calls_delivered_late_total{account="2",result="invalid_argument"} 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
}

func TestStandingsAreReadAtEachLook(t *testing.T) {
	s, looks := metrics.New("v1"), 0
	s.Watch(t.Context(), func(context.Context) ([]metrics.Standing, error) {
		looks++
		if looks == 3 {
			return nil, errors.New("the disk is gone")
		}
		return []metrics.Standing{
			{Account: "1", Grant: true, Connected: true, Waiting: looks, Dead: 4},
			{Account: "2", Grant: true},
			{Account: "acme.kommo.com", Waiting: 7},
		}, nil
	})
	for look, want := range [][]string{
		{`kommo_mcp_state_up 1`, `kommo_mcp_connection_up{account="1"} 1`, `kommo_mcp_connection_up{account="2"} 0`, `kommo_mcp_calls_waiting{account="1"} 1`, `kommo_mcp_calls_dead{account="1"} 4`, `kommo_mcp_calls_waiting{account="acme.kommo.com"} 7`},
		{`kommo_mcp_calls_waiting{account="1"} 2`},
	} {
		status, body := page(t, s)
		for _, line := range want {
			if status != http.StatusOK || !strings.Contains(body, line+"\n") {
				t.Errorf("look %d: %d, missing: %s", look+1, status, line)
			}
		}
		if strings.Contains(body, `connection_up{account="acme`) {
			t.Error("an account of a token has no connection to be up")
		}
	}
	s.Call("1", "get_lead", "", 0)
	status, body := page(t, s)
	if status != http.StatusOK || !strings.Contains(body, "kommo_mcp_state_up 0\n") || !strings.Contains(body, "kommo_mcp_tool_calls_total") || strings.Contains(body, "calls_waiting{") {
		t.Errorf("a state that cannot be read: %d %s", status, body)
	}
}

func TestRequestsToKommoAreCounted(t *testing.T) {
	s := metrics.New("v1")
	answers := []int{http.StatusOK, http.StatusTooManyRequests, 0}
	next := roundTrip(func(*http.Request) (*http.Response, error) {
		status := answers[0]
		if answers = answers[1:]; status == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	})
	way := s.Transport("1", next)
	for range 3 {
		res, err := way.RoundTrip(httptest.NewRequest(http.MethodGet, "https://acme.kommo.com/api/v4/leads?query=Ana", nil))
		if err == nil {
			_ = res.Body.Close()
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	_, body := page(t, s)
	for _, status := range []string{"200", "429", "none"} {
		if want := `kommo_mcp_kommo_requests_total{account="1",status="` + status + `"} 1` + "\n"; !strings.Contains(body, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(body, "Ana") || strings.Contains(body, "acme") {
		t.Error("something of the request is shown")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
