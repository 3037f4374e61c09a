package crm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// HookOptions are what the owner of an account wants done with each call that
// comes through a webhook, as the query of its URL says. What callers said never
// sets them.
type HookOptions struct {
	UnknownCaller       string   `json:"unknown_caller,omitempty"`
	SeveralLeads        string   `json:"several_leads,omitempty"`
	Pipeline            string   `json:"pipeline,omitempty"`
	Source              string   `json:"source,omitempty"`
	Stage               string   `json:"stage,omitempty"`
	FollowUpText        string   `json:"follow_up_text,omitempty"`
	FollowUpDue         string   `json:"follow_up_due,omitempty"`
	FollowUpResponsible string   `json:"follow_up_responsible,omitempty"`
	Tags                []string `json:"tags,omitempty"`
}

// twilioSum is what Twilio itself adds to the URL of a post that is no form.
const twilioSum = "bodySHA256"

// ReadHookOptions reads the query of a webhook's URL. What is not among the
// options is refused with the list of them: a misspelt one would be missed on
// every call. tags is a list with commas.
func ReadHookOptions(query map[string][]string) (HookOptions, error) {
	var o HookOptions
	texts := map[string]*string{
		"unknown_caller": &o.UnknownCaller, "several_leads": &o.SeveralLeads, "pipeline": &o.Pipeline, "source": &o.Source, "stage": &o.Stage,
		"follow_up_text": &o.FollowUpText, "follow_up_due": &o.FollowUpDue, "follow_up_responsible": &o.FollowUpResponsible,
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		text, known := texts[name]
		switch {
		case name == twilioSum:
		case name == "tags":
			o.Tags = compact(strings.Split(strings.Join(values, ","), ",")...)
		case known && len(values) == 1:
			*text = strings.TrimSpace(values[0])
		case known:
			return o, problem.Invalid(name, name+" is in the URL twice").WithNext("Give it once.")
		default:
			return o, problem.Invalid(shortName(name), fmt.Sprintf("the URL has an unknown parameter %q", shortName(name))).
				WithNext("Use " + strings.Join(append(slices.Sorted(maps.Keys(texts)), "tags"), ", ") + ".")
		}
	}
	return o, checkCall(o.on(Call{Phone: "unknown", NoteOnly: true}))
}

func shortName(name string) string { return short(name, longName) }

// on adds the options to a call.
func (o HookOptions) on(c Call) Call {
	c.UnknownCaller, c.SeveralLeads, c.Pipeline, c.Source, c.Stage = o.UnknownCaller, o.SeveralLeads, o.Pipeline, o.Source, o.Stage
	c.FollowUpText, c.FollowUpDue, c.FollowUpResponsible, c.Tags = o.FollowUpText, o.FollowUpDue, o.FollowUpResponsible, o.Tags
	return c
}
