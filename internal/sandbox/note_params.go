package sandbox

import (
	"maps"
	"slices"
)

// noteEvent is the event that a note makes, "" for types that cannot be written
// (Kommo API facts: notes; events).
func noteEvent(typ string) string {
	return map[string]string{
		"common": "common_note_added", "call_in": "incoming_call", "call_out": "outgoing_call",
		"service_message": "service_note_added", "extended_service_message": "service_note_added",
		"message_cashier": "message_to_cashier_note_added", "geolocation": "geo_note_added",
		"sms_in": "incoming_sms", "sms_out": "outgoing_sms", "attachment": "attachment_note_added",
	}[typ]
}

// paramsSchema is the strict form of a type's params; nil for types that cannot be
// written.
func paramsSchema(typ string) schema {
	text := func(name string) field { return field{name: name, kind: scalarKind, required: true} }
	switch typ {
	case "common":
		return schema{text("text")}
	case "call_in", "call_out":
		return callParams()
	case "service_message", "extended_service_message":
		return schema{text("service"), text("text")}
	case "message_cashier":
		return schema{{name: "status", kind: stringKind, required: true, check: oneOf("created", "shown", "canceled")}, text("text")}
	case "geolocation":
		return schema{text("text"), text("address"), text("longitude"), text("latitude")}
	case "sms_in", "sms_out":
		return schema{text("text"), text("phone")}
	case "attachment":
		return schema{
			{name: "file_uuid", kind: stringKind},
			{name: "version_uuid", kind: stringKind},
			{name: "file_name", kind: stringKind},
			{name: "original_name", kind: stringKind},
			{name: "attachment", kind: stringKind},
			{name: "text", kind: stringKind},
			{name: "is_drive_attachment", kind: boolKind},
		}
	}
	return nil
}

// callParams wants duration and a source that is not empty, as observed.
func callParams() schema {
	return schema{
		{name: "uniq", kind: scalarKind},
		{name: "duration", kind: intKind, required: true},
		{name: "source", kind: stringKind, required: true, notBlank: true},
		{name: "link", kind: stringKind},
		{name: "phone", kind: scalarKind, required: true},
		{name: "call_responsible", kind: scalarKind},
		{name: "call_result", kind: stringKind},
		{name: "call_status", kind: intKind, check: oneOf[int64](1, 2, 3, 4, 5, 6, 7, 8)},
	}
}

// noteFields are the keys of both POST and PATCH.
func noteFields(required bool) schema {
	return schema{
		{name: "note_type", kind: stringKind, required: required, check: func(_ *call, v any) string {
			if noteEvent(v.(string)) == "" {
				return codeNotSupported
			}
			return ""
		}},
		{name: "params", kind: objectKind, required: required},
		{name: "entity_id", kind: intKind},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "updated_by", kind: intKind, check: isUser(true)},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		{name: "created_at", kind: intKind},
		{name: "updated_at", kind: intKind},
		{name: "is_need_to_trigger_digital_pipeline", kind: boolKind},
	}
}

// checkParams checks params by the type of the note. A PATCH of some of them
// changes only those, so that nothing is missing there.
func (c *call) checkParams(typ string, o object, partial bool, p *problems) {
	s := paramsSchema(typ)
	params := o.obj("params")
	if s == nil || params == nil {
		return
	}
	if partial {
		for i := range s {
			s[i].required = false
		}
	}
	s.validate(c, params, "params", p)
	if typ == "attachment" && !partial && !params.has("file_uuid") && !params.has("attachment") {
		p.add("params.file_uuid", codeMissing)
	}
}

// readParams shows what Kommo adds to the params of a file.
func readParams(n *note) object {
	if n.Type != "attachment" {
		return n.Params
	}
	out := object{"original_name": n.Params["file_name"], "is_drive_attachment": n.Params.has("file_uuid"), "text": ""}
	for k, v := range n.Params {
		if v != nil {
			out[k] = v
		}
	}
	return out
}

// storedParams keeps the texts as text, and the keys of a call that has none as
// null where reads show null.
func storedParams(typ string, had, sent object) object {
	out := object{}
	maps.Copy(out, had)
	for k, v := range sent {
		if slices.Contains([]string{"uniq", "phone", "text"}, k) && v != nil {
			v = textOf(v)
		}
		out[k] = v
	}
	if typ == "call_in" || typ == "call_out" {
		for _, k := range []string{"uniq", "link"} {
			if !out.has(k) {
				out[k] = nil
			}
		}
	}
	return out
}
