package kommo

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// TextParams are the parameters of a common note.
type TextParams struct {
	Text string `json:"text"`
}

// ServiceParams are the parameters of a service message: who says what.
type ServiceParams struct {
	Service string `json:"service"`
	Text    string `json:"text"`
}

// MailParams are the parameters of a mail note, which Kommo alone writes. The
// text is its beginning only.
type MailParams struct {
	ThreadID    FlexText    `json:"thread_id"`
	MessageID   FlexText    `json:"message_id"`
	Private     bool        `json:"private"`
	Incoming    bool        `json:"income"`
	From        MailAddress `json:"from"`
	To          MailAddress `json:"to"`
	Subject     string      `json:"subject"`
	Summary     string      `json:"content_summary"`
	Attachments Int         `json:"attach_cnt"`
	Delivery    struct {
		Status string `json:"status"`
		Time   Unix   `json:"time"`
	} `json:"delivery"`
}

// MailAddress is a sender or a recipient; the name may be empty.
type MailAddress struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// SMSParams are the parameters of an SMS note.
type SMSParams struct {
	Text  string `json:"text"`
	Phone string `json:"phone"`
}

// PlaceParams are the parameters of a geolocation note; degrees are text.
type PlaceParams struct {
	Text      string `json:"text"`
	Address   string `json:"address"`
	Longitude string `json:"longitude"`
	Latitude  string `json:"latitude"`
}

// AttachmentParams are the parameters of a note with a file of the account's
// Drive. OriginalName, OnDrive and Text are only read.
type AttachmentParams struct {
	FileUUID     string
	VersionUUID  string
	FileName     string
	OriginalName string
	OnDrive      bool
	Text         string
}

// MarshalJSON leaves out what Kommo refuses in writes.
func (p AttachmentParams) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		FileUUID    string `json:"file_uuid"`
		VersionUUID string `json:"version_uuid,omitzero"`
		FileName    string `json:"file_name"`
	}{p.FileUUID, p.VersionUUID, p.FileName})
}

// UnmarshalJSON reads the present form and the older one, which has only the
// names of the file: the stored one in "attachment", the shown one in
// "original_name".
func (p *AttachmentParams) UnmarshalJSON(raw []byte) error {
	var in struct {
		FileUUID     string `json:"file_uuid"`
		VersionUUID  string `json:"version_uuid"`
		FileName     string `json:"file_name"`
		OriginalName string `json:"original_name"`
		OnDrive      bool   `json:"is_drive_attachment"`
		Text         string `json:"text"`
		Attachment   string `json:"attachment"`
	}
	err := unmarshal(raw, &in)
	*p = AttachmentParams{
		FileUUID: in.FileUUID, VersionUUID: in.VersionUUID, FileName: cmp.Or(in.FileName, in.Attachment),
		OriginalName: in.OriginalName, OnDrive: in.OnDrive, Text: in.Text,
	}
	return err
}

// CallParams are the parameters of a call note. Duration and a source that is
// not empty are required.
type CallParams struct {
	Unique      string      `json:"uniq,omitzero"`
	Duration    Int         `json:"duration"` // seconds
	Source      string      `json:"source"`
	Link        string      `json:"link,omitzero"` // recording
	Phone       string      `json:"phone"`
	Responsible Responsible `json:"call_responsible,omitzero"` // user id or name
	Result      string      `json:"call_result,omitzero"`
	Status      CallStatus  `json:"call_status,omitzero"`
}

// Responsible is a user id or a name: Kommo takes and gives both.
type Responsible string

// UnmarshalJSON reads a number or a text.
func (r *Responsible) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	var text string
	if unmarshal(raw, &text) == nil {
		*r = Responsible(text)
		return nil
	}
	*r = Responsible(strings.TrimSpace(string(raw)))
	return nil
}

// MarshalJSON writes a user id as a number: as text Kommo would take it for a
// name. Longer digits are phone numbers.
func (r Responsible) MarshalJSON() ([]byte, error) {
	const longestID = 9
	if id, err := strconv.ParseUint(string(r), 10, 64); err == nil && len(r) <= longestID {
		return strconv.AppendUint(nil, id, 10), nil
	}
	return json.Marshal(string(r))
}

// CallStatus is how a call went.
type CallStatus int64

// The statuses of calls; 8 is known to the official client only.
const (
	CallLeftMessage  CallStatus = 1
	CallLater        CallStatus = 2
	CallNotAvailable CallStatus = 3
	CallTalked       CallStatus = 4
	CallWrongNumber  CallStatus = 5
	CallNoAnswer     CallStatus = 6
	CallBusy         CallStatus = 7
	CallUndefined    CallStatus = 8
)

// UnmarshalJSON reads a number, also as text.
func (s *CallStatus) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*s = CallStatus(n)
	return err
}
