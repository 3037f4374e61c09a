package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// standingTime bounds the reading of the state for one look at the metrics.
const standingTime = 3 * time.Second

// Standing is how one account stands at the moment.
type Standing struct {
	Account   string
	Connected bool // by consent, and Kommo takes its tokens
	Grant     bool // whether it is one connected by consent; else Connected says nothing
	Waiting   int  // call summaries and bodies of platforms that wait to be delivered
	Dead      int  // those that Kommo refused for good
}

// Watch shows how the accounts stand, which read tells, as often as anybody looks. ctx
// is the process's: a collector is given none.
func (s *Set) Watch(ctx context.Context, read func(context.Context) ([]Standing, error)) {
	account := []string{"account"}
	s.registry.MustRegister(standings{
		ctx: ctx, read: read,
		readable:  prometheus.NewDesc(namespace+"_state_up", "1 while the state directory can be read, 0 when how the accounts stand is not known.", nil, nil),
		connected: prometheus.NewDesc(namespace+"_connection_up", "1 while Kommo takes the tokens of an account connected by consent, 0 when it has to be connected again.", account, nil),
		waiting:   prometheus.NewDesc(namespace+"_calls_waiting", "Call summaries that wait to be delivered.", account, nil),
		dead:      prometheus.NewDesc(namespace+"_calls_dead", "Call summaries that Kommo refused for good; see kommo-mcp outbox list.", account, nil),
	})
}

// standings is a prometheus.Collector.
type standings struct {
	ctx  context.Context //nolint:containedctx // of the process: Collect has none
	read func(context.Context) ([]Standing, error)

	readable, connected, waiting, dead *prometheus.Desc
}

func (c standings) Describe(out chan<- *prometheus.Desc) {
	out <- c.readable
	out <- c.connected
	out <- c.waiting
	out <- c.dead
}

func (c standings) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(c.ctx, standingTime)
	defer cancel()
	all, err := c.read(ctx)
	out <- prometheus.MustNewConstMetric(c.readable, prometheus.GaugeValue, flag(err == nil))
	for _, s := range all {
		account := named(s.Account)
		if s.Grant {
			out <- prometheus.MustNewConstMetric(c.connected, prometheus.GaugeValue, flag(s.Connected), account)
		}
		out <- prometheus.MustNewConstMetric(c.waiting, prometheus.GaugeValue, float64(s.Waiting), account)
		out <- prometheus.MustNewConstMetric(c.dead, prometheus.GaugeValue, float64(s.Dead), account)
	}
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
