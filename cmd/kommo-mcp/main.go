// Command kommo-mcp lets AI agents work in a Kommo account through the Model
// Context Protocol, over stdio and Streamable HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	_ "time/tzdata" // time zones on machines without their own: Windows, slim containers

	"github.com/alecthomas/kong"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/redact"
	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Exit codes. They are part of the contract: scripts branch on them.
const (
	exitOK    = 0
	exitFail  = 1 // the tool answered an error, or a check failed
	exitUsage = 2 // the command line or the settings are wrong
)

func main() {
	a := &app{env: os.LookupEnv, in: os.Stdin, out: os.Stdout, errOut: os.Stderr, browse: openBrowser}
	os.Exit(a.run(untilSignal(), os.Args[1:]))
}

// app is one run of the program; tests make their own.
type app struct {
	env    Lookup
	in     io.Reader
	out    io.Writer // the protocol and answers, nothing else
	errOut io.Writer // logs and messages
	browse func(ctx context.Context, link string) error
	hides  redact.Redactor // what logs and messages must not show
}

type cli struct {
	Stdio   stdioCmd   `cmd:"" default:"withargs" help:"Serve one MCP client on standard input and output (the default command)."`
	HTTP    httpCmd    `cmd:"" name:"http" help:"Serve MCP over Streamable HTTP at /mcp, and plain HTTP for calls at /v1/calls."`
	Call    callCmd    `cmd:"" help:"Run one tool and print its answer as JSON."`
	Tools   toolsCmd   `cmd:"" help:"List the tools."`
	Login   loginCmd   `cmd:"" help:"Connect a Kommo account through Kommo's consent page."`
	Account accountCmd `cmd:"" name:"accounts" help:"Look after the connected accounts."`
	Hooks   hooksCmd   `cmd:"" help:"Look after the addresses to which voice platforms post."`
	Keys    keysCmd    `cmd:"" help:"Make, list and revoke access keys for programs that come over HTTP."`
	Clients clientsCmd `cmd:"" help:"Look after the clients of the authorization server: hosts that want an id and a secret typed in."`
	Outbox  outboxCmd  `cmd:"" help:"Look after the calls that were accepted and could not be written yet."`
	Sandbox sandboxCmd `cmd:"" help:"Serve a make-believe Kommo account for any client to try."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings, token, rights and clock, and say what to do."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// usageError is a mistake in the command line or the settings.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// failed ends a command with exit code 1 after it has already said why.
var errFailed = errors.New("failed")

var errReadMode = usageError{errors.New("KOMMO_MCP_MODE is read: nothing is delivered in this mode")}

func (a *app) run(ctx context.Context, args []string) int {
	var (
		c         cli
		exited    = -1
		parser    = kong.Must(&c, a.kongOptions(ctx, &exited)...)
		kctx, err = parser.Parse(args)
	)
	if exited >= 0 { // --help printed the help
		return exited
	}
	if err != nil {
		a.complain(err)
		fmt.Fprintf(a.errOut, "Run %s --help for what it takes.\n", commandOf(err))
		return exitUsage
	}
	return a.exitCode(kctx.Run())
}

// commandOf is the command, as far as it was understood, of a command line that was
// not. A name that is none of a command is taken for an argument of the default one.
func commandOf(err error) string {
	names := []string{"kommo-mcp"}
	if p, ok := errors.AsType[*kong.ParseError](err); ok && p.Context != nil {
		for _, part := range p.Context.Path {
			if part.Command != nil {
				names = append(names, part.Command.Name)
			}
		}
	}
	if strings.HasPrefix(err.Error(), "unexpected argument") && len(names) > 1 {
		names = names[:len(names)-1]
	}
	return strings.Join(names, " ")
}

func (a *app) kongOptions(ctx context.Context, exited *int) []kong.Option {
	return []kong.Option{
		kong.Name("kommo-mcp"),
		kong.Description("Lets AI agents work in a Kommo account through the Model Context Protocol."),
		kong.Writers(a.out, a.errOut),
		kong.Exit(func(code int) { *exited = code }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Help(printHelp),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
	}
}

func (a *app) exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed):
		return exitFail
	case errors.As(err, &usage):
		a.complain(err)
		return exitUsage
	default:
		a.complain(withStateStep(err))
		return exitFail
	}
}

// withStateStep says what to do about a state that cannot be used, where nothing else
// does.
func withStateStep(err error) error {
	_, told := errors.AsType[*problem.Problem](err)
	switch {
	case told:
		return err
	case errors.Is(err, seal.ErrNoKey):
		return fmt.Errorf("%w. Set that key as KOMMO_MCP_ENCRYPTION_KEY, or as KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS while keys are changed; kommo-mcp doctor says what to do if it is lost", err)
	case errors.Is(err, store.ErrUnwritable):
		return fmt.Errorf("%w. %s", err, writableStep)
	case errors.Is(err, store.ErrUnopened):
		return fmt.Errorf("%w. kommo-mcp doctor says what to do", err)
	}
	return err
}

// writableStep is what to do where the state directory cannot be written.
const writableStep = "Set KOMMO_MCP_STATE_DIR to a directory that this user can write, or correct the rights on the one that is set."

// config reads the settings, and keeps their secrets from logs and messages.
func (a *app) config(f Flags) (Config, error) {
	cfg, err := loadConfig(f, a.env)
	a.hides = redact.New(cfg.secrets...)
	return cfg, err
}

func (a *app) complain(err error) {
	fmt.Fprintf(a.errOut, "kommo-mcp: %s\n", a.hides.Text(err.Error()))
}

// logger writes to stderr: stdout belongs to the protocol. Panics and errors of
// libraries may hold anything, so secrets are taken out here at the latest.
func (a *app) logger() *slog.Logger {
	lines := slog.NewTextHandler(a.errOut, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: a.hides.Attr})
	return slog.New(principal.LogHandler(lines))
}
