package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// auditFile is the name of the audit log in the state directory.
const auditFile = "audit.jsonl"

// Audit says whether and where writes are put on record.
type Audit struct {
	File  string // empty: nowhere
	Texts bool   // with what customers wrote or said

	Nowhere bool // it would be kept if there were a state directory
}

// audit reads where writes are put on record. The http command does so by itself,
// in the state directory; the others, which one person uses, where a file is named.
func (r *reader) audit(served bool, stateDir string) Audit {
	a := Audit{File: r.text("KOMMO_MCP_AUDIT_FILE", "", "")}
	usual := "off"
	if served || a.File != "" {
		usual = "on"
	}
	mode := r.oneOf("KOMMO_MCP_AUDIT", "", usual, "off", "on", "full")
	if mode == "off" {
		return Audit{}
	}
	a.Texts = mode == "full"
	if a.File == "" && stateDir != "" {
		a.File = filepath.Join(stateDir, auditFile)
	}
	if a.File != "" {
		return a
	}
	if r.text("KOMMO_MCP_AUDIT", "", "") == "" {
		return Audit{Nowhere: true}
	}
	r.fail("KOMMO_MCP_AUDIT is %s and there is no state directory: set KOMMO_MCP_AUDIT_FILE or KOMMO_MCP_STATE_DIR", mode)
	return a
}

// openAudit prepares the audit log. Where it cannot be written that is told at once,
// and again at each write: nothing is refused for it.
func (p *product) openAudit(ctx context.Context) {
	set := p.cfg.Audit
	if set.Nowhere {
		p.log.WarnContext(ctx, "AUDIT: there is no state directory, so that writes are not put on record; set KOMMO_MCP_STATE_DIR or KOMMO_MCP_AUDIT_FILE")
	}
	if set.File == "" {
		return
	}
	opts := []audit.Option{audit.WithLogger(p.log), audit.WithAccount(p.accountName)}
	if set.Texts {
		opts = append(opts, audit.WithTexts())
	}
	p.audit = audit.New(set.File, opts...)
	p.closers = append(p.closers, func() { _ = p.audit.Close() })
	if filepath.Dir(set.File) == filepath.Clean(p.cfg.StateDir) {
		_ = os.MkdirAll(p.cfg.StateDir, 0o700) // what is wrong with it the check tells
	}
	if err := p.audit.Check(); err != nil {
		p.log.ErrorContext(ctx, "AUDIT: the audit log cannot be written; writes will not be on record", "error", err)
	}
}

// noteCalls puts the calls that are delivered later on record too, with who they
// were accepted from, and counts them.
func (p *product) noteCalls() []crm.Option {
	return []crm.Option{
		crm.WithActor(func(ctx context.Context) string { return audit.Actor(principal.From(ctx)) }),
		crm.WithDelivered(func(ctx context.Context, d crm.Delivered) {
			if p.audit != nil {
				p.audit.Write(ctx, deliveredCall(ctx, d))
			}
			if p.metrics != nil {
				p.metrics.Delivered(d.Account, codeOf(ctx, d.Err))
			}
		}),
	}
}

func deliveredCall(ctx context.Context, d crm.Delivered) audit.Call {
	c := audit.Call{
		Tool: "post_call_summary", Class: registry.Create.String(), By: d.By, Account: d.Account, PendingID: d.PendingID, Failed: d.Err != nil,
	}
	var answer any = d.Answer
	if d.Err != nil {
		why := registry.Explain(ctx, d.Err)
		c.Message = why.Message
		answer = map[string]any{"error": map[string]string{"code": string(why.Code)}}
	}
	var wrong [2]error
	c.Args, wrong[0] = json.Marshal(d.Call)
	c.Answer, wrong[1] = json.Marshal(answer)
	if errors.Join(wrong[:]...) != nil {
		c.Failed = true // of strings and numbers: cannot happen
	}
	return c
}
