// Package registry is where tools meet the protocol: it turns a Go function with an input and an output
// struct into a tool with a schema, decodes and validates its arguments, runs it within a time limit, and
// renders its answer or its error. It is the only package that touches mcp-go for tools.
//
// Schemas are reflected from the structs, and Check examines them in the tests and in doctor rather than at each
// start: a client waits for the start, and what a build lists does not change any more.
package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// DefaultTimeout is how long a call may take: the strictest host gives up after 20 seconds.
const DefaultTimeout = 16500 * time.Millisecond

// DefaultMaxChars is the size cap of an answer: hosts cut what is longer, without saying so.
const DefaultMaxChars = 40_000

// Class is the kind of act a tool is. Hints, modes and the verbs a name may start with follow from it.
type Class uint8

// The four classes. There is no zero class, so that forgetting it is noticed.
const (
	Read Class = iota + 1
	Create
	Update
	Delete
)

// String is the class in lower case.
func (c Class) String() string {
	switch c {
	case Read:
		return "read"
	case Create:
		return "create"
	case Update:
		return "update"
	case Delete:
		return "delete"
	default:
		return "none"
	}
}

// Spec describes a tool to people, models and hosts.
type Spec struct {
	Name, Title, Description string
	Class                    Class
	Toolset                  string // "" is DefaultToolset
	OpenWorld                bool   // sends a message to a customer
	Destructive, Idempotent  bool   // only with Class Create: what other classes derive
	PeopleText               bool   // the answer carries free text written by people: it gets the data notice
	Timeout                  time.Duration
	Narrow                   string // for lists: the arguments that make a cut answer smaller, "pipeline, stage or updated"
}

// Hints are the four explicit hints that hosts use to decide what needs a confirmation.
type Hints struct{ ReadOnly, Destructive, Idempotent, OpenWorld bool }

// Hints derives the hints from the class.
func (s Spec) Hints() Hints {
	h := Hints{OpenWorld: s.OpenWorld}
	switch s.Class {
	case Read:
		h.ReadOnly, h.Idempotent = true, true
	case Update, Delete:
		h.Destructive, h.Idempotent = true, true
	case Create:
		h.Destructive, h.Idempotent = s.Destructive, s.Idempotent
	}
	return h
}

// Options are what the running program sets for all tools.
type Options struct {
	Logger   *slog.Logger // internal errors and panics, with stack; nil = none
	MaxChars int          // size cap of an answer in characters; 0 = DefaultMaxChars

	Now       func() time.Time                      // decides when a confirmation expires; nil = the system's clock
	Principal func(ctx context.Context) string      // whose call it is; confirmations are bound to it; nil = one for all
	Audit     *audit.Log                            // where calls that write are put on record; nil = nowhere
	Observe   func(ctx context.Context, o Observed) // is told each call once it is answered; nil = nobody
}

// Observed is a call as it is counted: nothing that the caller or the account said is in it.
type Observed struct {
	Tool string
	Code problem.Code // of the error; empty: none
	Took time.Duration
}

// Tool is a defined tool: a value that can be listed, checked, called and registered.
type Tool struct {
	spec    Spec
	schemas func() schemas // reflected when first asked for, once for all copies of the tool
	written fs.FS          // its definition as a file, which spares the reflecting; nil = none
	run     func(ctx context.Context, t Tool, args map[string]any) (any, error)
	opts    Options

	confirms bool // made by DefineConfirmed
}

// Define makes a tool of a function. In is a flat struct whose tags become the input schema
// (`json`, `jsonschema`, `jsonschema_description`); Out becomes the output schema. Mistakes in the
// definition are returned by Check, so that tools can be built without an error path. Nothing is reflected
// before the tool is listed and nothing compiled before it is called: a client waits for the start.
func Define[In, Out any](s Spec, h func(ctx context.Context, in In) (Out, error)) Tool {
	if s.Toolset == "" {
		s.Toolset = DefaultToolset
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	run := func(ctx context.Context, _ Tool, args map[string]any) (any, error) {
		in, err := bind[In](args)
		if err != nil {
			return nil, err
		}
		return h(ctx, in)
	}
	return Tool{spec: s, schemas: sync.OnceValue(reflectSchemas[In, Out]), run: run}
}

// Name is the tool's name.
func (t Tool) Name() string { return t.spec.Name }

// Title is the tool's title for people.
func (t Tool) Title() string { return t.spec.Title }

// Spec is the tool's description as defined, with defaults filled in.
func (t Tool) Spec() Spec { return t.spec }

// InputSchema is the JSON Schema of the arguments.
func (t Tool) InputSchema() json.RawMessage { return t.schemas().input }

// OutputSchema is the JSON Schema of structuredContent, of successful answers and errors alike.
func (t Tool) OutputSchema() json.RawMessage { return t.schemas().output }

// Written returns the tools with a folder of their definitions, NAME.json each, as MarshalJSON gives them. A tool
// with a file there is listed from it, since a client waits for the start and reflecting takes most of it; that
// the files are up to date is for a test to hold.
func Written(tools []Tool, definitions fs.FS) []Tool {
	out := make([]Tool, len(tools))
	for i, t := range tools {
		t.written = definitions
		out[i] = t
	}
	return out
}

// Configure returns the tools with the options set.
func Configure(tools []Tool, o Options) []Tool {
	out := make([]Tool, len(tools))
	for i, t := range tools {
		t.opts = o
		out[i] = t
	}
	return out
}

func (t Tool) logger() *slog.Logger {
	if t.opts.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.opts.Logger
}

func (t Tool) maxChars() int {
	if t.opts.MaxChars <= 0 {
		return DefaultMaxChars
	}
	return t.opts.MaxChars
}

// Find returns the tool with that name.
func Find(tools []Tool, name string) (Tool, error) {
	for _, t := range tools {
		if t.spec.Name == name {
			return t, nil
		}
	}
	return Tool{}, fmt.Errorf("there is no tool %q%s", name, didYouMean(nearest(name, toolNames(tools))))
}

func toolNames(tools []Tool) []string {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.spec.Name
	}
	return names
}
