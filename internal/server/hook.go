package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// hookEndpoint takes what voice platforms post after a call. A post is kept and
// answered at once, with the status that its platform expects; the worker does the
// rest. Its signature is its key.
type hookEndpoint struct {
	web   Web
	named *NamedHook // nil: the one of the settings, for the server's own account
}

// refused is why a post is not taken; status is what its platform should hear.
type refused struct {
	status int
	code   problem.Code
	why    string // for the platform and the log; no secret is in it
	next   string
	cause  error // for the log alone
}

func (e hookEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !onlyPost(w, r) {
		return
	}
	platform, ok := hooks.Find(r.PathValue("platform"))
	if !ok {
		refuse(w, http.StatusNotFound, problem.NotFound, "there is no such platform", "Post to "+CallsEndpoint+"/ and one of "+strings.Join(platformNames(), ", ")+".")
		return
	}
	p, no := e.known(r, platform)
	if no != nil {
		e.refuse(w, r, platform, no)
		return
	}
	body, done, ok := e.web.body(w, r, hooks.MaxBody, p)
	if !ok {
		e.web.logger().WarnContext(r.Context(), "webhook refused", slog.String("platform", platform.Name()), slog.String("why", "the body is too large, broke off, or came with too many others"))
		return
	}
	defer done()
	receipt, no := e.take(r, platform, body, p)
	if no != nil {
		e.refuse(w, r, platform, no)
		return
	}
	e.answer(w, r, platform, receipt)
}

func (e hookEndpoint) refuse(w http.ResponseWriter, r *http.Request, platform hooks.Platform, no *refused) {
	e.web.logger().WarnContext(r.Context(), "webhook refused", slog.String("platform", platform.Name()), slog.Int("status", no.status), slog.String("why", no.why), slog.Any("cause", no.cause))
	if no.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="kommo-mcp"`)
	}
	refuse(w, no.status, no.code, no.why, no.next)
}

func (e hookEndpoint) answer(w http.ResponseWriter, r *http.Request, platform hooks.Platform, receipt crm.HookReceipt) {
	if !receipt.Kept {
		writeJSON(w, platform.Answers().Ignored, hookAnswer{Status: "ignored", Reason: receipt.Ignored})
		return
	}
	e.web.logger().InfoContext(r.Context(), "webhook kept", slog.String("platform", platform.Name()), slog.Bool("again", receipt.Again), slog.Any("call_ids", receipt.CallIDs))
	writeJSON(w, platform.Answers().Accepted, hookAnswer{Status: "accepted"})
}

// hookAnswer is for people who try a webhook by hand: platforms read the status
// alone.
type hookAnswer struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// take checks a post and keeps it; p is who sent it, as far as that is known already.
func (e hookEndpoint) take(r *http.Request, platform hooks.Platform, body []byte, p principal.Principal) (crm.HookReceipt, *refused) {
	answers := platform.Answers()
	p, no := e.verify(r, platform, body, p)
	if no != nil {
		return crm.HookReceipt{}, no
	}
	options, err := crm.ReadHookOptions(r.URL.Query())
	if err != nil {
		return crm.HookReceipt{}, malformed(answers, err)
	}
	if e.web.LogCall == nil || e.web.Provider == nil {
		return crm.HookReceipt{}, &refused{answers.Unavailable, problem.ReadOnly, "this server logs no calls: it runs in read mode, or " + LogCallTool + " is left out", "", nil}
	}
	ctx, cancel := context.WithTimeout(principal.With(r.Context(), p), readTimeout)
	defer cancel()
	if !e.web.LogCall.Offers(ctx) {
		return crm.HookReceipt{}, &refused{answers.Refused, problem.Forbidden, "this access key may not log calls", "Use one with the mode write and the toolset of " + LogCallTool + ".", nil}
	}
	service, err := e.web.Provider(ctx)
	if err != nil {
		return crm.HookReceipt{}, &refused{answers.Unavailable, problem.NoToken, "no Kommo access token is set", "Set KOMMO_SUBDOMAIN and KOMMO_ACCESS_TOKEN.", nil}
	}
	receipt, err := service.KeepHook(ctx, crm.HookDelivery{
		Platform: platform.Name(), Method: r.Method, URL: e.keptURL(r), Body: body, Options: options,
	})
	switch {
	case errors.Is(err, hooks.ErrBody):
		return receipt, malformed(answers, err)
	case err != nil:
		return receipt, &refused{answers.Unavailable, problem.Unavailable, "it could not be kept now", "Send it again.", err}
	}
	return receipt, nil
}

func malformed(answers hooks.Answers, err error) *refused {
	no := &refused{status: answers.Malformed, code: problem.InvalidArgument, why: err.Error()}
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		no.why, no.next = p.Message, p.Next
	}
	return no
}

// known is who sends a post, where that can be told before its body is read; else
// nobody. Without a secret it needs an access key, whose account the call is then
// logged in; where access is not controlled either, this machine is trusted.
func (e hookEndpoint) known(r *http.Request, platform hooks.Platform) (principal.Principal, *refused) {
	switch {
	case e.named != nil:
		return e.named.Who, nil
	case e.web.Secrets[platform.Name()] != "":
		return principal.Principal{}, nil
	}
	return e.unsigned(r, platform.Name(), platform.Answers().Refused)
}

// verify checks the signature of a post, where there is a secret.
func (e hookEndpoint) verify(r *http.Request, platform hooks.Platform, body []byte, p principal.Principal) (principal.Principal, *refused) {
	secret := e.web.Secrets[platform.Name()]
	switch {
	case e.named != nil:
		return p, e.verifyNamed(r, platform, body)
	case secret == "":
		return p, nil
	}
	p = principal.Principal{Kind: principal.Hook, ID: platform.Name(), Label: platform.Name(), Mode: principal.Write}
	return p, e.signed(r, platform, body, secret)
}

func (e hookEndpoint) unsigned(r *http.Request, name string, status int) (p principal.Principal, no *refused) {
	variable := "KOMMO_MCP_HOOK_" + strings.ToUpper(name) + "_SECRET"
	controlled, err := e.web.controlled(r.Context())
	known := !controlled
	if controlled && err == nil {
		p, known, err = e.web.bearer(door{}, r)
	}
	switch {
	case err != nil:
		return p, &refused{http.StatusServiceUnavailable, problem.Unavailable, "access cannot be checked now", "Send it again.", err}
	case r.Header.Get("Origin") != "" && e.web.originRefused(controlled, r.Header.Get("Origin")):
		return p, &refused{status, problem.Forbidden, "origin not allowed", "", nil}
	case e.web.hostRefused(controlled, r):
		return p, &refused{status, problem.Unauthorized, "no secret is set for " + name, "Set " + variable + " on the server.", nil}
	case !known:
		return p, &refused{status, problem.Unauthorized, "no secret is set for " + name + ", and the access key is missing or wrong", "Set " + variable + " on the server, or send the access key.", nil}
	case !controlled:
		p.Kind = principal.Local
	}
	return p, nil
}

// publicURL is the URL as the sender knows it, which some platforms sign: as the
// settings or a trusted proxy say, else as it came.
func (w Web) publicURL(r *http.Request) string {
	if w.PublicURL != nil {
		return strings.TrimSuffix(w.PublicURL.String(), "/") + r.URL.RequestURI()
	}
	by, scheme := seenOf(r), "http"
	if by.https {
		scheme = "https"
	}
	return scheme + "://" + by.host + r.URL.RequestURI()
}

func platformNames() []string {
	var out []string
	for _, p := range hooks.All() {
		out = append(out, p.Name())
	}
	return out
}
