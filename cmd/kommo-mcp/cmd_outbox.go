package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
)

type outboxCmd struct {
	List  outboxListCmd  `cmd:"" default:"withargs" help:"List the calls that wait and those that were refused for good."`
	Retry outboxRetryCmd `cmd:"" help:"Try one of them at once."`
	Drop  outboxDropCmd  `cmd:"" help:"Erase one of them: it is not logged, and what was received about it is deleted."`
	Flush outboxFlushCmd `cmd:"" help:"Try all that wait, once; exit 1 if any is left."`
}

// outbox wires the product for the outbox commands, which need an account.
func (a *app) outbox(ctx context.Context) (*product, error) {
	p, err := a.wire(ctx, Flags{})
	if err != nil {
		return nil, err
	}
	if p.service == nil {
		p.close()
		return nil, usageError{noToken()}
	}
	return p, nil
}

type outboxListCmd struct{}

// Run prints a line a call.
func (c *outboxListCmd) Run(ctx context.Context, a *app) error {
	p, err := a.outbox(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	list, err := p.service.Pending(ctx, 1000)
	if err != nil {
		return err
	}
	return a.printPending(list)
}

func (a *app) printPending(list crm.PendingCalls) error {
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range list.Items {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.State, c.Accepted, or(c.Phone, "none"), or(c.NextTryAt, "none"), c.Reason)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%d waiting, %d refused for good\n", list.Waiting, list.Dead)
	return err
}

type outboxRetryCmd struct {
	ID     int64 `arg:"" name:"pending-id" help:"From outbox list."`
	LeadID int64 `help:"The lead it belongs on, if it fits several cards." placeholder:"ID"`
}

// Run tries one call and says what came of it.
func (c *outboxRetryCmd) Run(ctx context.Context, a *app) error {
	p, err := a.outbox(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	if p.cfg.Mode == "read" {
		return errReadMode
	}
	out, err := p.service.RetryPending(ctx, c.ID, c.LeadID)
	p.audit.Write(ctx, deliveredCall(ctx, crm.Delivered{Account: p.accountName(), PendingID: c.ID, Call: crm.Call{LeadID: c.LeadID}, Answer: out, Err: err}))
	if err != nil {
		return err
	}
	return a.printRetried(out)
}

// printRetried tells what came of a call, and fails unless all of it is written.
func (a *app) printRetried(out crm.CallResult) error {
	line := []string{out.Status}
	for _, more := range []string{out.URL, out.Why, out.Reason} {
		if more != "" {
			line = append(line, more)
		}
	}
	fmt.Fprintln(a.out, strings.Join(line, "  "))
	for _, c := range out.Candidates {
		fmt.Fprintf(a.out, "  --lead-id %d  %s  %s\n", c.ID, c.Name, c.Detail)
	}
	if out.PendingID != 0 || out.Status == crm.CallNeedsChoice || out.Status == crm.CallRejected {
		return errFailed
	}
	return nil
}

type outboxDropCmd struct {
	ID int64 `arg:"" name:"pending-id" help:"From outbox list."`
}

// Run erases one call.
func (c *outboxDropCmd) Run(ctx context.Context, a *app) error {
	p, err := a.outbox(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	dropped, err := p.service.DropPending(ctx, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "erased %d (%s)\n", dropped.ID, or(dropped.Phone, "none"))
	return err
}

type outboxFlushCmd struct{}

// Run tries all that wait, once.
func (c *outboxFlushCmd) Run(ctx context.Context, a *app) error {
	p, err := a.outbox(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	if p.cfg.Mode == "read" {
		return errReadMode
	}
	delivered, left, err := p.service.Flush(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%d delivered\n", delivered)
	if err := a.printPending(left); err != nil {
		return err
	}
	if left.Waiting > 0 {
		return errFailed
	}
	return nil
}
