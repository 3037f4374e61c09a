package kommo

import (
	"strings"
)

// UnsortedMetadata is what is known of the form, call, mail or chat that an
// incoming lead came of; each category fills its own part (Kommo API facts:
// incoming leads). Answers write numbers as text here and there.
type UnsortedMetadata struct {
	From         UnsortedFrom   `json:"from"`
	ReceivedAt   Unix           `json:"received_at"` // chats, mail
	Service      string         `json:"service"`     // chats
	Client       UnsortedClient `json:"client"`      // chats
	LastMessage  string         `json:"last_message_text"`
	Subject      string         `json:"subject"` // mail
	Summary      string         `json:"content_summary"`
	FormID       Responsible    `json:"form_id"` // text or number
	FormName     string         `json:"form_name"`
	FormPage     string         `json:"form_page"`
	FormSentAt   Unix           `json:"form_sent_at"`
	Referer      string         `json:"referer"`
	Phone        Responsible    `json:"phone"` // of a call; text or number
	CallUser     Responsible    `json:"call_responsible"`
	Duration     Int            `json:"duration"` // seconds
	Link         string         `json:"link"`
	CalledAt     Unix           `json:"called_at"`
	Unique       Responsible    `json:"uniq"`
	ServiceCode  string         `json:"service_code"`
	SourceOfChat string         `json:"source_name"`
}

// UnmarshalJSON reads an object; what has another form, such as the empty list
// that PHP writes for none, or a value of an unknown kind, is passed over: an
// incoming lead is worth showing without it.
func (m *UnsortedMetadata) UnmarshalJSON(raw []byte) error {
	*m = UnsortedMetadata{}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	type plain UnsortedMetadata
	_ = unmarshal(raw, (*plain)(m)) // a value of a wrong kind leaves the others read
	return nil
}

// UnsortedFrom is who wrote or called: a text, or of mails a name and an
// address.
type UnsortedFrom struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// UnmarshalJSON reads an object, a text or a number; the latter are a Name.
func (f *UnsortedFrom) UnmarshalJSON(raw []byte) error {
	*f = UnsortedFrom{}
	switch {
	case len(raw) == 0 || raw[0] == '[' || string(raw) == "null":
		return nil
	case raw[0] == '{':
		type plain UnsortedFrom
		return unmarshal(raw, (*plain)(f))
	}
	var text string
	if unmarshal(raw, &text) != nil {
		text = strings.TrimSpace(string(raw))
	}
	f.Name = text
	return nil
}

// UnsortedClient is the person who wrote in a chat.
type UnsortedClient struct {
	Name string `json:"name"`
}

// UnmarshalJSON reads an object, or the empty list that PHP writes for none.
func (c *UnsortedClient) UnmarshalJSON(raw []byte) error {
	*c = UnsortedClient{}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	type plain UnsortedClient
	return unmarshal(raw, (*plain)(c))
}
