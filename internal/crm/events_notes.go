package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// wordClip is where texts within a sentence are cut, in characters.
const wordClip = 160

// noteKey names a note: each kind of card has a list of its own.
type noteKey struct {
	entity kommo.Entity
	id     int64
}

// noteOf is the note that an event tells of; no id where it tells of none.
func noteOf(e kommo.Event) noteKey {
	after, before := firstValue(e.ValuesAfter()), firstValue(e.ValuesBefore())
	for _, v := range []kommo.EventValue{after, before} {
		if v.Note != nil {
			return noteKey{cardEntity(kindOf(e.EntityType)), v.Note.ID}
		}
	}
	return noteKey{}
}

// eventNotes reads the notes that events tell of, with one request a kind of
// card. Notes that cannot be read are left out: that there was one is known.
func (s *Service) eventNotes(ctx context.Context, events []kommo.Event) map[noteKey]kommo.Note {
	ids := map[kommo.Entity][]int64{}
	for _, e := range events {
		if key := noteOf(e); key.id != 0 && key.entity != "" {
			ids[key.entity] = append(ids[key.entity], key.id)
		}
	}
	entities := slices.Sorted(maps.Keys(ids))
	pages := make([]kommo.Page[kommo.Note], len(entities))
	var g errgroup.Group
	for i, entity := range entities {
		g.Go(func() (err error) {
			pages[i], err = s.api.Notes.List(ctx, entity, kommo.NoteFilter{
				IDs: ids[entity], ListOptions: kommo.ListOptions{Limit: kommo.MaxPage},
			})
			return err
		})
	}
	_ = g.Wait() // the events are worth showing without the texts
	out := map[noteKey]kommo.Note{}
	for i, entity := range entities {
		for _, n := range pages[i].Items {
			out[noteKey{entity, n.ID}] = n
		}
	}
	return out
}

// taskTexts reads the texts of the tasks that events are about, with one request.
func (s *Service) taskTexts(ctx context.Context, events []kommo.Event) map[int64]string {
	var ids []int64
	for _, e := range events {
		if e.EntityType == KindTask && !slices.Contains(ids, e.EntityID) {
			ids = append(ids, e.EntityID)
		}
	}
	out := map[int64]string{}
	if len(ids) == 0 {
		return out
	}
	page, err := s.api.Tasks.List(ctx, kommo.TaskFilter{IDs: ids, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
	if err != nil {
		return out // the events are worth showing without the texts
	}
	for _, t := range page.Items {
		out[t.ID] = t.Text
	}
	return out
}

// noteDeeds are events about notes, as what somebody did.
var noteDeeds = map[string]string{
	"common_note_added":             "added a note",
	"common_note_deleted":           "deleted a note",
	"attachment_note_added":         "attached a file",
	"service_note_added":            "left a service message",
	"geo_note_added":                "noted a place",
	"message_to_cashier_note_added": "wrote to the cashier",
	"outgoing_call":                 "called",
	"zoom_conference":               "held a Zoom conference",
	"dropbox_attachment":            "attached a file from Dropbox",
}

func (w eventWords) noteDeed(e kommo.Event) string {
	text := noteDeeds[e.Type]
	if text == "" {
		kind, verb, _ := strings.Cut(e.Type, "_")
		if format, ok := deeds[verb]; ok { // lead_added tells of the note with which Kommo begins the card
			return fmt.Sprintf(format, kind)
		}
		text = otherDeed(e)
	}
	return text + w.noteText(e)
}

// noteText is what the note of an event says; nothing where it could not be read.
func (w eventWords) noteText(e kommo.Event) string {
	key := noteOf(e)
	n, ok := w.notes[key]
	if key.id == 0 || !ok {
		return ""
	}
	row := noteRow(n, w.names)
	text := ""
	if row.Outcome != "" {
		text = ", " + strings.ReplaceAll(row.Outcome, "_", " ")
	}
	if row.Seconds > 0 {
		text += ", " + strconv.FormatInt(row.Seconds, 10) + " s"
	}
	return text + quotedText(": ", row.Text)
}

// fieldDeed words the change of a custom field.
func (w eventWords) fieldDeed(e kommo.Event) string {
	name, before := w.fieldValue(e, e.ValuesBefore())
	named, after := w.fieldValue(e, e.ValuesAfter())
	if name == "" {
		name = named
	}
	if name == "" {
		name = w.fieldOfType(e)
	}
	switch {
	case before == "" && after == "":
		return "changed " + name
	case before == "":
		return "set " + name + " to " + after
	case after == "":
		return "cleared " + name + ", which was " + before
	default:
		return "changed " + name + fromTo(before, after)
	}
}

// fieldValue is the field's name and its values in words.
func (w eventWords) fieldValue(e kommo.Event, values []kommo.EventValue) (name, text string) {
	var texts []string
	for _, v := range values {
		if v.Field == nil {
			continue
		}
		f, ok := w.names.FieldOf(cardEntity(kindOf(e.EntityType)), v.Field.FieldID)
		name = "field " + strconv.FormatInt(v.Field.FieldID, 10)
		if ok {
			name = f.Name
		}
		if t := w.fieldText(f, *v.Field); t != "" {
			texts = append(texts, t)
		}
	}
	return name, clip(strings.Join(texts, ", "), wordClip)
}

// fieldText is one value. Dates come as Unix seconds in text.
func (w eventWords) fieldText(f directory.Field, v kommo.FieldChange) string {
	switch f.Type {
	case kommo.FieldDate, kommo.FieldBirthday, kommo.FieldDateTime:
		var at kommo.Value
		if _, err := strconv.ParseInt(v.Text, 10, 64); err == nil && json.Unmarshal([]byte(`{"value":`+v.Text+`}`), &at) == nil {
			return fmt.Sprint(directory.Plain(f, kommo.FieldValue{Values: []kommo.Value{at}}, w.names.Account.Location()))
		}
	default:
	}
	if v.Text == "" && v.EnumID != nil {
		for _, o := range f.Options {
			if o.ID == *v.EnumID {
				return o.Label
			}
		}
	}
	return v.Text
}

// fieldOfType reads the field's id out of custom_field_{id}_value_changed.
func (w eventWords) fieldOfType(e kommo.Event) string {
	text := strings.TrimSuffix(strings.TrimPrefix(e.Type, "custom_field_"), "_value_changed")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "a field"
	}
	if f, ok := w.names.FieldOf(cardEntity(kindOf(e.EntityType)), id); ok {
		return f.Name
	}
	return "field " + text
}
