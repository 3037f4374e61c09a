// Package metrics counts what the server does, account by account, in the form that
// Prometheus reads. Labels hold numbers of accounts, names of tools and codes of
// ours; nothing that an account, a caller or a client said gets into one.
package metrics

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "kommo_mcp"

// none is the account where a request is for none: no token is set.
const none = "none"

// Set is the metrics of one process. It is safe for concurrent use.
type Set struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	callTime *prometheus.HistogramVec
	requests *prometheus.CounterVec
	late     *prometheus.CounterVec
}

// New makes an empty set for a version of the program.
func New(version string) *Set {
	s := &Set{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "tool_calls_total", Help: "Tool calls by result: ok, or the code of the error.",
		}, []string{"account", "tool", "result"}),
		// By account alone: with the tool too there would be a thousand series an account.
		callTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "tool_call_seconds", Help: "How long tool calls took, waiting for Kommo's rate included.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 18},
		}, []string{"account"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "kommo_requests_total", Help: "Requests sent to Kommo by status of the answer; none: no answer came.",
		}, []string{"account", "status"}),
		late: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "calls_delivered_late_total", Help: "Call summaries that had waited and were settled: delivered, or refused for good.",
		}, []string{"account", "result"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1; the label is the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	s.registry.MustRegister(s.calls, s.callTime, s.requests, s.late, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// Call counts a tool call. An empty code is a success.
func (s *Set) Call(account, tool, code string, took time.Duration) {
	account = named(account)
	s.calls.WithLabelValues(account, tool, result(code)).Inc()
	s.callTime.WithLabelValues(account).Observe(took.Seconds())
}

// Delivered counts a call summary that had waited. An empty code is a success.
func (s *Set) Delivered(account, code string) {
	s.late.WithLabelValues(named(account), result(code)).Inc()
}

// Handler shows the metrics.
func (s *Set) Handler() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{})
}

func named(account string) string {
	if account == "" {
		return none
	}
	return strings.ToValidUTF8(account, "")
}

func result(code string) string {
	if code == "" {
		return "ok"
	}
	return code
}
