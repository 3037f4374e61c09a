package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/seal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// Config is everything the process was told, already checked. The order is
// flag, then environment, then default; secrets come from the environment or
// from a file, never from a flag, since arguments are visible to other users.
type Config struct {
	Account     kommo.Account     // zero when no account was named
	Token       string            // access token; empty: tools are listed but refuse to run
	BaseURL     *url.URL          // nil: the account's own host
	MaxRetries  int               // repeats of a read, 0 to 10
	RatePerHost int               // requests a second for all accounts of this process; 0: no common ceiling
	Mode        string            // read, write or full
	Toolsets    []string          // names, empty: default
	Tools       []string          // single tools beside the toolsets; alone: exactly these
	Exclude     []string          // tools or toolsets to leave out
	Addr        string            // address of the http command
	StateDir    string            // where jobs, waiting calls and the shared rate are kept; empty: nowhere to be found
	CallWait    time.Duration     // how long a caller waits for a call to be logged before it is queued
	AccessKey   string            // for /mcp and /v1 over HTTP; empty: this machine alone is served
	PublicURL   *url.URL          // as a proxy shows the server to the world; nil: unknown
	HookSecrets map[string]string // with which voice platforms sign what they post, by platform
	HookKept    time.Duration     // how long the bodies that platforms post are kept
	RecordKept  time.Duration     // how long it is kept what was done
	Demo        bool              // embedded sandbox in place of a real account
	App         auth.App          // our integration, for accounts connected by consent

	Connect      bool // whether anybody may connect an account in the browser
	Registration bool // whether clients of the authorization server may register themselves

	Keys    []seal.Key  // of KOMMO_MCP_ENCRYPTION_KEY and its predecessor; none: keyring or file
	Edge    server.Edge // TLS, trusted proxies and limits of the http command
	Audit   Audit       // whether and where writes are put on record
	Metrics Metrics     // where the http command shows its metrics

	NoKeyring string // why the operating system's keyring is not asked; empty: it is

	OpenSecrets []string // which files with secrets other users can read, in a sentence each

	secrets []string // all that were read, for what has to be hidden
}

// Flags are the settings that may also be given on the command line. Empty
// means not given.
type Flags struct {
	Mode     string
	Toolsets string
	Tools    string
	Exclude  string
	Addr     string
	Drain    string // seconds
	Demo     bool
	Served   bool // the http command: others than whoever runs it may write
}

// Lookup reads one variable of the environment.
type Lookup func(name string) (value string, ok bool)

const (
	defaultAddr    = "127.0.0.1:8080"
	defaultRetries = 5
	maxRetries     = 10
	// The strictest host gives up after 20 seconds, and an answer is given within 18.
	defaultCallWait = 12 // seconds
	maxCallWait     = 15
	defaultHookDays = 7
	defaultRecords  = 90 // days
	maxDays         = 3650
)

// loadConfig reads and checks all settings. All problems are reported at once,
// so that a newcomer does not fix them one start at a time.
func loadConfig(f Flags, env Lookup) (Config, error) {
	r := reader{env: env}
	cfg := Config{
		Mode:        r.oneOf("KOMMO_MCP_MODE", f.Mode, "write", "read", "write", "full"),
		Toolsets:    splitList(r.text("KOMMO_MCP_TOOLSETS", f.Toolsets, "")),
		Tools:       splitList(r.text("KOMMO_MCP_TOOLS", f.Tools, "")),
		Exclude:     splitList(r.text("KOMMO_MCP_EXCLUDE", f.Exclude, "")),
		Addr:        r.text("KOMMO_MCP_ADDR", f.Addr, defaultAddr),
		MaxRetries:  r.number("KOMMO_MCP_MAX_RETRIES", defaultRetries, maxRetries),
		RatePerHost: r.number("KOMMO_MCP_RATE_PER_HOST", 0, 1000),
		Demo:        f.Demo,
		StateDir:    r.text("KOMMO_MCP_STATE_DIR", "", defaultStateDir(env)),
		CallWait:    time.Duration(r.number("KOMMO_MCP_CALL_WAIT", defaultCallWait, maxCallWait)) * time.Second,
		HookKept:    days(r.number("KOMMO_MCP_HOOK_DAYS", defaultHookDays, maxDays)),
		RecordKept:  days(r.number("KOMMO_MCP_RECORD_DAYS", defaultRecords, maxDays)),
		AccessKey:   r.secret("KOMMO_MCP_ACCESS_KEY"),
		PublicURL:   r.publicURL("KOMMO_MCP_PUBLIC_URL"),
		HookSecrets: map[string]string{},
		Edge:        r.edge(f),
		Metrics:     Metrics{Addr: r.text("KOMMO_MCP_METRICS_ADDR", "", ""), Key: r.secret("KOMMO_MCP_METRICS_KEY")},
	}
	for _, p := range hooks.All() {
		if secret := r.secret("KOMMO_MCP_HOOK_" + strings.ToUpper(p.Name()) + "_SECRET"); secret != "" {
			cfg.HookSecrets[p.Name()] = secret
		}
	}
	cfg.Audit = r.audit(f.Served && !f.Demo, cfg.StateDir)
	if !f.Demo {
		r.kommo(&cfg)
	}
	cfg.secrets, cfg.OpenSecrets = r.secrets, r.open
	return cfg, errors.Join(r.problems...)
}

// kommo reads the settings of real accounts, which a demo ignores.
func (r *reader) kommo(cfg *Config) {
	cfg.Token = r.secret("KOMMO_ACCESS_TOKEN", "KOMMO_API_KEY")
	cfg.BaseURL = r.baseURL("KOMMO_BASE_URL")
	cfg.Account = r.account("KOMMO_SUBDOMAIN", *cfg)
	cfg.App = r.app()
	cfg.Connect = r.oneOf("KOMMO_MCP_CONNECT", "", "on", "on", "off") == "on"
	cfg.Registration = r.oneOf("KOMMO_MCP_REGISTRATION", "", "on", "on", "off") == "on"
	cfg.Keys = r.keys("KOMMO_MCP_ENCRYPTION_KEY", "KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS")
	cfg.NoKeyring = noKeyring(r.env)
	if r.oneOf("KOMMO_MCP_KEYRING", "", "on", "on", "off") == "off" {
		cfg.NoKeyring = "it is not asked, since KOMMO_MCP_KEYRING is off"
	}
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// reader collects settings and what is wrong with them.
type reader struct {
	env      Lookup
	problems []error
	secrets  []string
	open     []string // files with secrets that others can read
}

func (r *reader) fail(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) text(name, flag, fallback string) string {
	if flag != "" {
		return flag
	}
	if v, ok := r.env(name); ok && strings.TrimSpace(v) != "" {
		return strings.TrimSpace(v)
	}
	return fallback
}

func (r *reader) oneOf(name, flag, fallback string, valid ...string) string {
	v := r.text(name, flag, fallback)
	if !slices.Contains(valid, v) {
		r.fail("%s is %q: use one of %s", name, v, strings.Join(valid, ", "))
	}
	return v
}

func (r *reader) number(name string, fallback, highest int) int {
	return r.numberOr(name, "", fallback, highest)
}

func (r *reader) numberOr(name, flag string, fallback, highest int) int {
	v := r.text(name, flag, "")
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > highest {
		r.fail("%s is %q: use a whole number from 0 to %d", name, v, highest)
		return fallback
	}
	return n
}

// secret reads the first of names that is set, either directly or through a
// file named by the same variable with _FILE behind it. The value itself never
// appears in a problem text.
func (r *reader) secret(names ...string) string {
	for _, name := range names {
		v := bareSecret(r.text(name, "", ""))
		if path := r.text(name+"_FILE", "", ""); path != "" {
			kept := r.secretFile(name+"_FILE", path)
			if kept == "" {
				return ""
			}
			if v != "" && v != kept {
				r.fail("%s and %s_FILE are both set and differ: keep one of them", name, name)
			}
			v = kept
		}
		if v != "" {
			r.secrets = append(r.secrets, v)
			return v
		}
	}
	return ""
}

// secretFile reads a file that a variable names. What it names is not repeated while
// it cannot be read: a secret is easily put where its file should stand.
func (r *reader) secretFile(variable, path string) string {
	raw, err := os.ReadFile(path)
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		err = named.Err
	}
	if err != nil {
		r.fail("%s does not name a file that can be read: %w", variable, err)
		return ""
	}
	v := bareSecret(string(raw))
	if v == "" {
		r.fail("%s names an empty file", variable)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		r.open = append(r.open, fmt.Sprintf("%s: %s is open to other users (%o): chmod 600 it, unless its directory is closed to them", variable, path, info.Mode().Perm()))
	}
	return v
}

// bareSecret takes off what comes along when a secret is copied: the mark that
// Windows editors put before a file, quotation marks, and the header's Bearer.
func bareSecret(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	for _, quote := range []string{`"`, `'`} {
		if len(s) >= 2 && strings.HasPrefix(s, quote) && strings.HasSuffix(s, quote) {
			s = s[1 : len(s)-1]
		}
	}
	if s = strings.TrimSpace(s); s == "Bearer" {
		return "" // and nothing behind it
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "Bearer "))
}

func (r *reader) baseURL(name string) *url.URL {
	v := r.text(name, "", "")
	if v == "" {
		return nil
	}
	u, err := kommo.ParseBase(v)
	if err != nil {
		r.fail("%s: %w", name, err)
		return nil
	}
	return u
}

// publicURL is https, or http for a network of one's own, without query.
func (r *reader) publicURL(name string) *url.URL {
	v := r.text(name, "", "")
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.fail("%s is no address: use the one that the world sees, for example https://crm.example.com", name)
		return nil
	}
	return u
}

// account resolves the account's host. It may be missing where a loopback base
// stands for every Kommo host, and where there is no token to use it with.
func (r *reader) account(name string, cfg Config) kommo.Account {
	v := r.text(name, "", "")
	if v == "" {
		if r.text("KOMMO_BASE_URL", "", "") == "" && cfg.Token != "" {
			r.fail("%s is missing: set it to your account's address, for example acme or acme.kommo.com", name)
		}
		return kommo.Account{}
	}
	acct, err := kommo.ParseAccount(v)
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return acct
}

func splitList(s string) []string {
	fields := strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' })
	return slices.DeleteFunc(fields, func(f string) bool { return f == "" })
}
