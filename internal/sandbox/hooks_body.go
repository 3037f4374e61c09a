package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hook is one event as webhooks tell it: the code of the subscription and the body.
type hook struct {
	code string
	body *form
}

// form is a body of bracketed keys in order; every value is text.
type form struct {
	prefix string
	pairs  *[][2]string
}

func (c *call) newForm(prefix string) *form {
	f := &form{prefix: prefix, pairs: &[][2]string{}}
	acct := &form{prefix: "account", pairs: f.pairs}
	acct.set("subdomain", c.a.profile.subdomain)
	acct.set("id", c.a.id)
	acct.under("_links").set("self", "https://"+c.a.host)
	return f
}

func (f *form) set(key string, v any) {
	*f.pairs = append(*f.pairs, [2]string{f.prefix + "[" + key + "]", textOf(v)})
}

// under is the same body one level deeper.
func (f *form) under(key string) *form {
	return &form{prefix: f.prefix + "[" + key + "]", pairs: f.pairs}
}

func (f *form) encode() string {
	var b strings.Builder
	for i, p := range *f.pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p[0]) + "=" + url.QueryEscape(p[1]))
	}
	return b.String()
}

// hooksOf are the webhooks an event makes (Kommo API facts: account webhooks).
func (c *call) hooksOf(e *event) []hook {
	switch e.EntityType {
	case "lead":
		return c.leadHooks(e)
	case "contact", "company":
		if strings.HasSuffix(e.Type, "_chat_message") {
			return c.messageHooks(e)
		}
		return c.cardHooks(e)
	case "task":
		return c.taskHooks(e)
	}
	return nil
}

// verbOf is the part of a code that an event stands for, "" for none.
func verbOf(e *event) string {
	for suffix, verb := range map[string]string{
		"_added": "add", "_deleted": "delete", "_restored": "restore", "_note_added": "note", "entity_responsible_changed": "responsible",
	} {
		if e.Type == e.EntityType+suffix || e.Type == suffix || suffix == "_note_added" && strings.HasSuffix(e.Type, suffix) {
			return verb
		}
	}
	switch {
	case slices.Contains([]string{"incoming_call", "outgoing_call", "incoming_sms", "outgoing_sms"}, e.Type):
		return "note"
	case slices.Contains([]string{"name_field_changed", "sale_field_changed", "entity_tag_added", "entity_tag_deleted"}, e.Type),
		strings.HasPrefix(e.Type, "custom_field_"), e.EntityType == "task":
		return "update"
	}
	return ""
}

func (c *call) leadHooks(e *event) []hook {
	l := leads(c.a).get(e.EntityID)
	if l == nil {
		return nil
	}
	tell := func(verb string, extra func(*form)) hook {
		f := c.newForm("leads[" + verb + "][0]")
		if verb == "delete" {
			f.set("id", l.ID)
			f.set("status_id", l.StatusID)
			f.set("pipeline_id", l.PipelineID)
		} else {
			c.leadForm(f, l, extra)
		}
		return hook{verb + "_lead", f}
	}
	switch verb := verbOf(e); {
	case e.Type == "lead_status_changed":
		// A stage change arrives as an update, too.
		old := oldStatus(e)
		return []hook{tell("status", old), tell("update", old)}
	case verb == "note":
		return []hook{c.noteHook(e, "leads", "lead")}
	case verb == "responsible":
		old := oldResponsible(e)
		return []hook{tell(verb, old), tell("update", old)}
	case verb != "":
		return []hook{tell(verb, nil)}
	}
	return nil
}

// valueBefore is the n-th value's object of value_before.
func valueBefore(e *event, name string) object {
	if len(e.ValueBefore) == 0 {
		return nil
	}
	o, _ := e.ValueBefore[0].(object)
	return o.obj(name)
}

func oldStatus(e *event) func(*form) {
	return func(f *form) {
		old := valueBefore(e, "lead_status")
		f.set("old_status_id", old["id"])
		f.set("old_pipeline_id", old["pipeline_id"])
	}
}

func oldResponsible(e *event) func(*form) {
	return func(f *form) { f.set("old_responsible_user_id", valueBefore(e, "responsible_user")["id"]) }
}

func (c *call) leadForm(f *form, l *lead, extra func(*form)) {
	f.set("id", l.ID)
	f.set("name", l.Name)
	f.set("status_id", l.StatusID)
	if extra != nil {
		extra(f)
	}
	f.set("price", int64(l.Price))
	f.set("responsible_user_id", l.Responsible)
	f.set("last_modified", l.UpdatedAt)
	f.set("modified_user_id", l.UpdatedBy)
	f.set("created_user_id", l.CreatedBy)
	f.set("date_create", l.CreatedAt)
	f.set("pipeline_id", l.PipelineID)
	c.tagsForm(f, "leads", l.Tags)
	f.set("account_id", c.a.id)
	c.valuesForm(f, "leads", l.Values)
	f.set("created_at", l.CreatedAt)
	f.set("updated_at", l.UpdatedAt)
}

func (c *call) tagsForm(f *form, entity string, tags []int64) {
	for i, t := range c.a.tagsOf(entity, tags) {
		at := f.under("tags").under(strconv.Itoa(i))
		at.set("id", t.ID)
		at.set("name", t.Name)
	}
}

func (c *call) valuesForm(f *form, entity string, values []fieldValue) {
	rows, _ := c.a.fieldValuesView(entity, values).([]fieldValueView)
	for i, v := range rows {
		at := f.under("custom_fields").under(strconv.Itoa(i))
		at.set("id", v.FieldID)
		at.set("name", v.FieldName)
		if v.FieldCode != nil {
			at.set("code", *v.FieldCode)
		}
		for j, e := range v.Values {
			one := at.under("values").under(strconv.Itoa(j))
			one.set("value", e["value"])
			if id, isChoice := e.int("enum_id"); isChoice {
				one.set("enum", id)
			}
		}
	}
}

// cardHooks tells of contacts and companies, both under contacts.
func (c *call) cardHooks(e *event) []hook {
	entity := map[string]string{"contact": "contacts", "company": "companies"}[e.EntityType]
	k := cards(c.a, entity).get(e.EntityID)
	verb := verbOf(e)
	if k == nil || verb == "" {
		return nil
	}
	if verb == "note" {
		return []hook{c.noteHook(e, "contacts", e.EntityType)}
	}
	f := c.newForm("contacts[" + verb + "][0]")
	f.set("id", k.ID)
	f.set("name", k.Name)
	f.set("responsible_user_id", k.Responsible)
	if verb == "responsible" {
		oldResponsible(e)(f)
	}
	f.set("date_create", k.CreatedAt)
	f.set("last_modified", k.UpdatedAt)
	f.set("created_user_id", k.CreatedBy)
	f.set("modified_user_id", k.UpdatedBy)
	f.set("account_id", c.a.id)
	c.valuesForm(f, entity, k.Values)
	for _, id := range c.a.links.ids(k.ref(), "leads") {
		text := strconv.FormatInt(id, 10)
		f.under("linked_leads_id").under(text).set("ID", text)
	}
	c.tagsForm(f, entity, k.Tags)
	f.set("created_at", k.CreatedAt)
	f.set("updated_at", k.UpdatedAt)
	f.set("type", e.EntityType)
	return []hook{{verb + "_" + e.EntityType, f}}
}

// noteHook is leads[note][0][note][…]; attachement is spelt as Kommo spells it.
func (c *call) noteHook(e *event, prefix, noun string) hook {
	f := c.newForm(prefix + "[note][0][note]")
	if len(e.ValueAfter) > 0 {
		o, _ := e.ValueAfter[0].(object)
		id, _ := o.obj("note").int("id")
		if n := notes(c.a).get(id); n != nil {
			f.set("id", n.ID)
			f.set("note_type", noteTypeNumber(n.Type))
			f.set("element_type", legacyType(n.Entity))
			f.set("element_id", n.EntityID)
			f.set("text", n.Params["text"])
			f.set("attachement", n.Params["file_name"])
			f.set("created_by", n.CreatedBy)
			f.set("date_create", hookDate(n.CreatedAt))
			f.set("account_id", c.a.id)
		}
	}
	return hook{"note_" + noun, f}
}

// hookDate is how tasks and notes write times in hooks.
func hookDate(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateTime) }

// noteTypeNumber is the old number of a note's type.
func noteTypeNumber(typ string) int {
	if n := map[string]int{"common": 4, "attachment": 5, "call_in": 10, "call_out": 11, "service_message": 25, "sms_in": 102, "sms_out": 103}[typ]; n != 0 {
		return n
	}
	return 4
}

func (c *call) taskHooks(e *event) []hook {
	t := tasks(c.a).get(e.EntityID)
	verb := verbOf(e)
	if t == nil || verb == "" {
		return nil
	}
	f := c.newForm("task[" + verb + "][0]")
	f.set("id", t.ID)
	f.set("element_id", t.EntityID)
	f.set("element_type", legacyType(t.Entity))
	f.set("task_type", t.Type)
	f.set("text", t.Text)
	f.set("date_create", hookDate(t.CreatedAt))
	f.set("complete_till", hookDate(t.CompleteTill))
	f.set("status", map[bool]int{false: 0, true: 1}[t.Completed])
	f.set("responsible_user_id", t.Responsible)
	if t.Result != "" {
		f.under("result").set("text", t.Result)
	}
	return []hook{{verb + "_task", f}}
}

// messageHooks finds the message in the talks of the contact.
func (c *call) messageHooks(e *event) []hook {
	o, _ := e.ValueAfter[0].(object)
	id, _ := o.obj("message").str("id")
	code := "add_message"
	if strings.HasPrefix(e.Type, "outgoing") {
		code = "add_outgoing_message"
	}
	for _, t := range talks(c.a).all() {
		for _, m := range t.Messages {
			if m.ID != id {
				continue
			}
			f := c.newForm("message[add][0]")
			c.messageForm(f, t, m)
			return []hook{{code, f}}
		}
	}
	return nil
}

// messageForm leaves the record out while there is none.
func (c *call) messageForm(f *form, t *talk, m *message) {
	f.set("id", m.ID)
	f.set("chat_id", t.ChatID)
	f.set("talk_id", t.ID)
	f.set("contact_id", t.ContactID)
	f.set("text", m.Text)
	f.set("created_at", m.CreatedAt)
	if t.On.id != 0 {
		f.set("element_type", legacyType(t.On.entity))
		f.set("entity_type", singular(t.On.entity))
		f.set("element_id", t.On.id)
		f.set("entity_id", t.On.id)
	}
	f.set("type", m.Type)
	f.set("message_type", m.Kind)
	author := f.under("author")
	author.set("id", m.Author.ID)
	author.set("type", m.Author.Type)
	author.set("name", m.Author.Name)
	author.set("avatar_url", m.Author.Avatar)
	f.set("origin", t.Origin)
}
