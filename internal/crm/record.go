package crm

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kinds of records, as answers name them.
const (
	KindLead    = "lead"
	KindContact = "contact"
	KindCompany = "company"
	KindTask    = "task"
	KindNote    = "note"
	KindCall    = "call"
)

// Record names one record of the account, with the link to its card where it
// has one of its own.
type Record struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id,omitempty"` // none of things that have no number
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// longName is where names are cut in lists, in characters.
const longName = 60

// record names a record; its name is cut.
func (s *Service) record(kind string, id int64, name string) Record {
	return Record{Kind: kind, ID: id, Name: short(name, longName), URL: s.cardURL(kind, id)}
}

// cardURL is the address of a card in Kommo's web interface; empty for kinds
// that have none.
func (s *Service) cardURL(kind string, id int64) string {
	var folder string
	switch kind {
	case KindLead:
		folder = "leads"
	case KindContact:
		folder = "contacts"
	case KindCompany:
		folder = "companies"
	default:
		return ""
	}
	return s.api.Home() + "/" + folder + "/detail/" + strconv.FormatInt(id, 10)
}

// kindOf turns an entity type of the API into a kind: singular in events and
// calls, plural everywhere else.
func kindOf(entity string) string {
	switch strings.TrimSuffix(entity, "s") {
	case "lead":
		return KindLead
	case "contact":
		return KindContact
	case "companie", "company":
		return KindCompany
	default:
		return entity
	}
}

// short cuts a text to at most limit characters, with an ellipsis as the last.
func short(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}
