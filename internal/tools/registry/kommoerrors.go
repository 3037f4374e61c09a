package registry

import (
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// kommoCodes maps the client's codes to those of the answer. Codes that agree in what to do share one; the
// message tells them apart.
var kommoCodes = map[kommo.Code]problem.Code{
	kommo.CodeInvalid:        problem.InvalidArgument,
	kommo.CodeUnauthorized:   problem.Unauthorized,
	kommo.CodePayment:        problem.PaymentRequired,
	kommo.CodeForbidden:      problem.Forbidden,
	kommo.CodeScope:          problem.Forbidden,
	kommo.CodeIPNotAllowed:   problem.Forbidden,
	kommo.CodeBlocked:        problem.Blocked,
	kommo.CodeNotFound:       problem.NotFound,
	kommo.CodeMethod:         problem.Unavailable,
	kommo.CodeUnprocessable:  problem.Unprocessable,
	kommo.CodeRateLimited:    problem.RateLimited,
	kommo.CodeServer:         problem.KommoUnavailable,
	kommo.CodeTransient:      problem.KommoUnavailable,
	kommo.CodeBadResponse:    problem.BadResponse,
	kommo.CodeNetwork:        problem.KommoUnavailable,
	kommo.CodeUnknownOutcome: problem.OutcomeUnknown,
	kommo.CodeTooLarge:       problem.BadResponse,
	kommo.CodeRedirect:       problem.BadResponse,
	kommo.CodeTimeout:        problem.Timeout,
	kommo.CodeCanceled:       problem.Canceled,
}

// nextSteps says what helps, by code.
var nextSteps = map[problem.Code]string{
	problem.InvalidArgument:  "Correct the values named above and call again; get_account lists the account's own names and fields.",
	problem.Unauthorized:     "Create a new long-lived token in Kommo (Settings > Integrations > your private integration > Keys and scopes), set it as KOMMO_ACCESS_TOKEN and check KOMMO_SUBDOMAIN. Repeating the call does not help.",
	problem.PaymentRequired:  "The owner has to pay for the account or change its plan in Kommo (Settings > Billing). If it is paid, try once more in a minute: Kommo now and then says so by mistake.",
	problem.Forbidden:        "Ask an administrator of the account for this right, or use the token of a user who has it. Repeating the call does not help.",
	problem.Blocked:          "Wait a few minutes and send fewer requests; if it lasts, whoever runs this server should write to Kommo's support.",
	problem.NotFound:         "Check the id: search for the record to find the right one. It may have been deleted, or belong to another account or user.",
	problem.Unavailable:      "This account or plan does not offer it. Use another way to reach the goal.",
	problem.Unprocessable:    "Read the record again, correct what is named above and call again.",
	problem.RateLimited:      "Wait, then call again with the same arguments; do not send calls in parallel.",
	problem.KommoUnavailable: "Try again in a minute with the same arguments. If it lasts, look at Kommo's status page.",
	problem.BadResponse:      "Try again in a minute; if it happens again, check KOMMO_SUBDOMAIN and tell whoever runs this server.",
	problem.OutcomeUnknown:   "Do not repeat the call: look in Kommo whether it was done, and repeat it only if it was not.",
	problem.Timeout:          "Try again in a moment.",
	problem.Canceled:         "Call again if the answer is still wanted.",
}

// Steps that are more exact than the step of their shared code.
const (
	reasonStep   = "Compare ids, names and dates with get_account and the record, then call again; if all are right, tell whoever runs this server."
	largeStep    = "Ask for less: a smaller limit or a narrower filter."
	redirectStep = "Check KOMMO_SUBDOMAIN: the account may have moved or have another name. Repeating the call does not help."

	scopeStep   = "Add the missing scope to the integration in Kommo (Keys and scopes), create a new token there and set it as KOMMO_ACCESS_TOKEN. Repeating the call does not help."
	addressStep = "An administrator has to add this server's IP address to the list in Kommo's security settings. Repeating the call does not help."
)

const (
	inMessage     = 3  // complaints about single values that the client's message names already
	maxFieldLines = 10 // complaints that are listed at all
)

// kommoProblem explains a failed request. Statuses never come bare and bodies never come at all: the
// client's message says in plain words what Kommo meant.
func kommoProblem(k *kommo.Error, s Spec) *problem.Problem {
	code, known := kommoCodes[k.Code]
	if !known {
		code = problem.BadResponse
	}
	p := problem.New(code, sentence(k.Message)).WithNext(kommoNext(k.Code, code)).WithRetryAfter(k.RetryAfter).Wrap(k)
	if lines := fieldLines(k.Fields); lines != "" {
		p.Message += "\n" + lines
	}
	if k.Code == kommo.CodeInvalid && k.Status != 0 && len(k.Fields) == 0 {
		p.Next = reasonStep
	}
	if (code == problem.RateLimited || code == problem.Blocked) && k.RetryAfter > 0 {
		p.Next = "Wait " + seconds(k.RetryAfter) + ", then call again with the same arguments; do not send calls in parallel."
	}
	if s.Class != Read && (code == problem.Timeout || code == problem.Canceled) {
		p.Next = "Part of it may have been done: look at the record before you repeat the call."
	}
	return p
}

func kommoNext(k kommo.Code, code problem.Code) string {
	switch k {
	case kommo.CodeScope:
		return scopeStep
	case kommo.CodeIPNotAllowed:
		return addressStep
	case kommo.CodeTooLarge:
		return largeStep
	case kommo.CodeRedirect:
		return redirectStep
	default:
		return nextSteps[code]
	}
}

// fieldLines lists path and reason of each complaint, if there are more than the message holds. A path is
// Kommo's: custom_fields_values.0.values.
func fieldLines(fields []kommo.FieldError) string {
	if len(fields) <= inMessage {
		return ""
	}
	var lines []string
	for _, f := range fields[:min(len(fields), maxFieldLines)] {
		if text := f.String(); text != "" {
			lines = append(lines, "- "+text)
		}
	}
	if more := len(fields) - maxFieldLines; more > 0 {
		lines = append(lines, "- and "+plural(more, "more complaint"))
	}
	return strings.Join(lines, "\n")
}
