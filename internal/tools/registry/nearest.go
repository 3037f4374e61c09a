package registry

import (
	"slices"
	"strings"
	"unicode"
)

// aliases maps words that models and other CRMs use to ours, most likely first. The first one that the
// tool has is offered; nothing is accepted under an alias.
var aliases = map[string][]string{
	"assignee":             {"responsible", "follow_up_responsible"},
	"amount":               {"price"},
	"body":                 {"text", "note", "summary"},
	"budget":               {"price"},
	"call_summary":         {"summary"},
	"comment":              {"text", "note", "result"},
	"complete_till":        {"due", "follow_up_due"},
	"content":              {"text", "note", "summary"},
	"count":                {"limit"},
	"custom_fields":        {"fields"},
	"custom_fields_values": {"fields"},
	"date":                 {"due", "period", "created", "started_at"},
	"date_from":            {"created", "period"},
	"date_to":              {"created", "period"},
	"deadline":             {"due", "follow_up_due"},
	"deal_id":              {"lead_id"},
	"description":          {"text", "note"},
	"done":                 {"completed"},
	"due_at":               {"due", "follow_up_due"},
	"due_date":             {"due", "follow_up_due"},
	"duration":             {"duration_seconds"},
	"email":                {"contact_email", "add_email", "query"},
	"entity_id":            {"lead_id", "contact_id", "company_id", "task_id"},
	"entity_type":          {"kind"},
	"from":                 {"created", "period", "phone"},
	"id":                   {"lead_id", "contact_id", "company_id", "task_id"},
	"is_completed":         {"completed"},
	"link":                 {"recording_url"},
	"manager":              {"responsible", "agent_name"},
	"max_results":          {"limit"},
	"message":              {"text", "note", "summary"},
	"note":                 {"text", "summary"},
	"offset":               {"cursor"},
	"opportunity_id":       {"lead_id"},
	"order":                {"sort"},
	"owner":                {"responsible"},
	"page":                 {"cursor"},
	"page_size":            {"limit"},
	"per_page":             {"limit"},
	"phone":                {"contact_phone", "add_phone", "query"},
	"phone_number":         {"phone", "contact_phone", "add_phone"},
	"q":                    {"query"},
	"record_url":           {"recording_url"},
	"responsible_user":     {"responsible"},
	"responsible_user_id":  {"responsible"},
	"sale":                 {"price"},
	"search":               {"query"},
	"status":               {"stage", "completed", "outcome"},
	"status_id":            {"stage"},
	"summary":              {"text", "note"},
	"tag":                  {"tags", "add_tags"},
	"tags":                 {"add_tags"},
	"task_type":            {"type"},
	"tel":                  {"phone", "contact_phone", "add_phone"},
	"title":                {"name", "text"},
	"to":                   {"created", "period", "phone"},
	"user":                 {"responsible", "agent_name"},
	"user_id":              {"responsible"},
	"value":                {"price"},
}

// meant guesses which argument an unknown name stands for; "" if nothing is near.
func (a *arguments) meant(name string) string {
	flat := snake(name)
	if _, ok := a.props[flat]; ok {
		return flat
	}
	for _, candidate := range aliases[flat] {
		if _, ok := a.props[candidate]; ok {
			return candidate
		}
	}
	if base, ok := strings.CutSuffix(flat, "_id"); ok {
		if _, ok := a.props[base]; ok {
			return base
		}
	}
	return nearest(flat, a.names)
}

// snake turns leadId, Lead-ID and "lead id" into lead_id.
func snake(s string) string {
	var b strings.Builder
	lower := false
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			if lower {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(r))
			lower = false
		case r == '-' || r == ' ' || r == '.':
			b.WriteByte('_')
			lower = false
		default:
			b.WriteRune(r)
			lower = unicode.IsLower(r) || unicode.IsDigit(r)
		}
	}
	return b.String()
}

// nearest is the name with the smallest edit distance, if that is small for its length.
func nearest(name string, names []string) string {
	if len(name) > maxShown {
		return ""
	}
	best, bestDistance := "", max(2, len(name)/3)+1
	for _, n := range names {
		if d := levenshtein(name, n); d < bestDistance && d < len(n) {
			best, bestDistance = n, d
		}
	}
	if best != "" {
		return best
	}
	// "lead" for lead_id, "contact_phones" for contact_phone: part of the name is enough.
	i := slices.IndexFunc(names, func(n string) bool {
		return len(name) >= 3 && (strings.HasPrefix(n, name+"_") || strings.HasPrefix(name, n+"_"))
	})
	if i >= 0 {
		return names[i]
	}
	return ""
}

func levenshtein(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return ": did you mean " + quoted(name) + "?"
}
