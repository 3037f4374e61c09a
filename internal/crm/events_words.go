package crm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Types of events that jobs ask for by themselves.
const (
	eventStage       = "lead_status_changed"
	eventResponsible = "entity_responsible_changed"
	eventField       = "custom_field_value_changed"
)

// someBot stands for whoever is not a user: Kommo writes 0 for its own
// automation, for integrations and for customers alike (Kommo API facts: events).
const someBot = "A robot or integration"

// eventWords is what it takes to say an event in a sentence.
type eventWords struct {
	names *directory.Snapshot
	cards map[cardKey]string     // names of linked records
	notes map[noteKey]kommo.Note // the notes that events tell of
	tasks map[int64]string       // texts of tasks
}

// sentence says what happened and who did it: "Ana moved it from Offer to
// Negotiation".
func (w eventWords) sentence(e kommo.Event) string {
	if text, ok := happenings[e.Type]; ok {
		return text + w.noteText(e)
	}
	return w.actor(e) + " " + w.deed(e)
}

func (w eventWords) actor(e kommo.Event) string {
	if e.CreatedBy == 0 {
		return someBot
	}
	return w.names.UserName(e.CreatedBy)
}

// happenings are events in which nobody of the account acts.
var happenings = map[string]string{
	"incoming_chat_message":    "A chat message came in",
	"incoming_sms":             "A text message came in",
	"incoming_mail":            "A letter came in",
	"incoming_call":            "An incoming call was logged",
	"talk_created":             "A conversation began",
	"talk_closed":              "The conversation was closed",
	"talk_missed_event":        "A conversation was missed",
	"conversation_answered":    "The conversation was answered",
	"robot_replied":            "A bot replied",
	"intent_identified":        "A bot recognised what the customer wants",
	"ai_result":                "The AI gave a result",
	"nps_rate_added":           "The customer gave a rating",
	"link_followed":            "The customer followed a link",
	"site_visit_note_added":    "The customer visited the website",
	"page_mention":             "The page was mentioned",
	"key_action_completed":     "A key action was completed",
	"video_opened":             "A video was opened",
	"picture_opened":           "A picture was opened",
	"outgoing_chat_message":    "A chat message was sent",
	"entity_direct_message":    "A direct message was sent",
	"outgoing_sms":             "A text message was sent",
	"outgoing_mail":            "A letter was sent",
	"targeting_in_note_added":  "It was added to an advertising audience",
	"targeting_out_note_added": "It was removed from an advertising audience",
}

// deeds are events without values, as what somebody did.
var deeds = map[string]string{
	"added": "created the %s", "deleted": "deleted the %s", "restored": "restored the %s from the bin",
	"completed": "completed the %s",
}

// deed says what somebody did.
func (w eventWords) deed(e kommo.Event) string {
	before, after := firstValue(e.ValuesBefore()), firstValue(e.ValuesAfter())
	switch {
	case e.Type == "task_result_added":
		return "noted the result" + quotedText(": ", textIn(after.Task))
	case before.Note != nil || after.Note != nil:
		return w.noteDeed(e)
	case strings.Contains(e.Type, "custom_field"):
		return w.fieldDeed(e)
	}
	for _, say := range []func(kommo.Event, kommo.EventValue, kommo.EventValue) string{w.moveDeed, w.cardDeed, w.taskDeed} {
		if text := say(e, before, after); text != "" {
			return text
		}
	}
	kind, verb, _ := strings.Cut(e.Type, "_")
	if format, ok := deeds[verb]; ok {
		return fmt.Sprintf(format, kind)
	}
	if e.Type == "entity_merged" {
		return "merged another " + e.EntityType + " into it"
	}
	return otherDeed(e)
}

// otherDeed words what there are no words for.
func otherDeed(e kommo.Event) string {
	if e.Type == "" {
		return "changed something"
	}
	return "did this: " + strings.ReplaceAll(e.Type, "_", " ")
}

// moveDeed words changes of stage and of hands.
func (w eventWords) moveDeed(_ kommo.Event, before, after kommo.EventValue) string {
	switch {
	case after.Stage != nil && before.Stage != nil:
		from, to := stagePlaces(*before.Stage, *after.Stage, w.names)
		return "moved it from " + from + " to " + to
	case after.Stage != nil:
		return "put it into " + w.names.StageName(after.Stage.PipelineID, after.Stage.ID)
	case after.Responsible != nil && before.Responsible != nil:
		return "handed it over from " + w.names.UserName(before.Responsible.ID) + " to " + w.names.UserName(after.Responsible.ID)
	case after.Responsible != nil:
		return "gave it to " + w.names.UserName(after.Responsible.ID)
	}
	return ""
}

// cardDeed words changes of name, price, tags and links.
func (w eventWords) cardDeed(e kommo.Event, before, after kommo.EventValue) string {
	currency := w.names.Account.Currency
	switch {
	case after.Name != nil || before.Name != nil:
		return "renamed it" + fromTo(nameIn(before.Name), nameIn(after.Name))
	case after.Sale != nil || before.Sale != nil:
		return strings.TrimSpace("changed the price" + fromTo(saleIn(before.Sale), saleIn(after.Sale)) + " " + currency)
	case e.Type == "entity_tag_added":
		return "added " + tagsIn(e.ValuesAfter())
	case e.Type == "entity_tag_deleted":
		return "removed " + tagsIn(e.ValuesBefore())
	case cmp.Or(after.Link, before.Link) != nil:
		return "linked " + w.linked(*cmp.Or(after.Link, before.Link))
	case cmp.Or(before.Unlink, after.Unlink) != nil:
		return "unlinked " + w.linked(*cmp.Or(before.Unlink, after.Unlink))
	}
	return ""
}

// taskDeed words changes of tasks.
func (w eventWords) taskDeed(_ kommo.Event, before, after kommo.EventValue) string {
	zone := w.names.Account.Location()
	switch {
	case after.TaskDeadline != nil && before.TaskDeadline != nil:
		return "moved the deadline from " + moment(before.TaskDeadline.At, zone) + " to " + moment(after.TaskDeadline.At, zone)
	case after.TaskType != nil && before.TaskType != nil:
		return "changed the task's type" + fromTo(w.names.TaskTypeName(before.TaskType.ID), w.names.TaskTypeName(after.TaskType.ID))
	case after.Task != nil && before.Task != nil:
		return "changed the task" + fromTo(clip(before.Task.Text, wordClip), clip(after.Task.Text, wordClip))
	}
	return ""
}

// stagePlaces names two stages, with their pipelines where these differ.
func stagePlaces(from, to kommo.StageValue, names *directory.Snapshot) (was, is string) {
	was, is = names.StageName(from.PipelineID, from.ID), names.StageName(to.PipelineID, to.ID)
	if from.PipelineID != to.PipelineID {
		was = names.PipelineName(from.PipelineID) + " / " + was
		is = names.PipelineName(to.PipelineID) + " / " + is
	}
	return was, is
}

// linked names the other end of a link.
func (w eventWords) linked(l kommo.LinkedValue) string {
	kind := kindOf(l.Entity.Type)
	if name := w.cards[cardKey{cardEntity(kind), l.Entity.ID}]; name != "" {
		return kind + " " + short(name, longName)
	}
	return fmt.Sprintf("%s %d", kind, l.Entity.ID)
}

func tagsIn(values []kommo.EventValue) string {
	var tags []string
	for _, v := range values {
		if v.Tag != nil {
			tags = append(tags, v.Tag.Name)
		}
	}
	if len(tags) == 1 {
		return "the tag " + tags[0]
	}
	return "the tags " + strings.Join(slices.Compact(tags), ", ")
}

// fromTo says a change of value; either side may be empty.
func fromTo(from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case from == "":
		return " to " + to
	case to == "":
		return ", which was " + from
	default:
		return " from " + from + " to " + to
	}
}

func firstValue(values []kommo.EventValue) kommo.EventValue {
	if len(values) == 0 {
		return kommo.EventValue{}
	}
	return values[0]
}

func nameIn(v *kommo.Named) string {
	if v == nil {
		return ""
	}
	return short(v.Name, longName)
}

func saleIn(v *kommo.SaleValue) string {
	if v == nil {
		return ""
	}
	return string(v.Sale)
}

func textIn(v *kommo.TextValue) string {
	if v == nil {
		return ""
	}
	return v.Text
}

// quotedText is a text of people behind a lead-in, cut; nothing for none.
func quotedText(before, text string) string {
	if text = clip(strings.Join(strings.Fields(text), " "), wordClip); text == "" {
		return ""
	}
	return before + "“" + text + "”"
}

// cardEntity is the API's name of a kind of card.
func cardEntity(kind string) kommo.Entity {
	switch kind {
	case KindLead:
		return kommo.Leads
	case KindContact:
		return kommo.Contacts
	case KindCompany:
		return kommo.Companies
	default:
		return ""
	}
}
