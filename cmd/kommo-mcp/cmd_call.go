package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type callCmd struct {
	common

	Tool string `arg:"" help:"The tool's name."`
	Args string `arg:"" optional:"" help:"Its arguments as a JSON object, or - to read them from standard input."`
}

// maxInput bounds what is read from standard input, in bytes.
const maxInput = 4 << 20

// Run prints the structured answer, of errors too, on stdout.
func (c *callCmd) Run(ctx context.Context, a *app) error {
	args, err := c.arguments(a.in)
	if err != nil {
		return usageError{err}
	}
	p, err := a.wire(ctx, c.flags())
	if err != nil {
		return err
	}
	defer p.close()
	tool, err := registry.Find(p.tools, c.Tool)
	if err != nil {
		return usageError{err}
	}
	result := tool.Call(ctx, args)
	if p.service != nil && p.cfg.Mode != "read" && !p.service.FoundAway() {
		defer p.service.DeliverDue(ctx) // what earlier calls have left waiting
	}
	fmt.Fprintf(a.out, "%s\n", result.Structured)
	if result.IsError {
		fmt.Fprintln(a.errOut, result.Text)
		return errFailed
	}
	return nil
}

func (c *callCmd) arguments(in io.Reader) ([]byte, error) {
	if c.Args != "-" {
		return []byte(c.Args), nil
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read arguments: %w", err)
	}
	if len(raw) > maxInput {
		return nil, errors.New("arguments are over 4 MiB")
	}
	return raw, nil
}
