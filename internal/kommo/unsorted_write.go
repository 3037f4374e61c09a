package kommo

import (
	"context"
	"net/http"
)

// UnsortedWrite makes an incoming lead with its cards, at most one of each kind.
// Kommo does not notice a SourceUID that comes twice, and no duplicate control
// runs (Kommo API facts: incoming leads, duplicate control).
type UnsortedWrite[M FormMetadata | SIPMetadata] struct {
	SourceUID  string        `json:"source_uid"`
	SourceName string        `json:"source_name"`
	PipelineID int64         `json:"pipeline_id,omitzero"` // left out: the main one
	CreatedAt  Unix          `json:"created_at,omitzero"`
	Metadata   M             `json:"metadata"`
	Embedded   UnsortedCards `json:"_embedded"`
}

// UnsortedCards are the cards of a new incoming lead. A card with an id is an
// existing one.
type UnsortedCards struct {
	Leads     []LeadWrite    `json:"leads,omitzero"`
	Contacts  []ContactWrite `json:"contacts,omitzero"`
	Companies []CompanyWrite `json:"companies,omitzero"`
}

// FormMetadata says which form was filled in.
type FormMetadata struct {
	FormID   string `json:"form_id"`
	FormName string `json:"form_name"`
	FormPage string `json:"form_page"`
	SentAt   Unix   `json:"form_sent_at"`
	IP       string `json:"ip,omitzero"`
	Referer  string `json:"referer,omitzero"`
}

// SIPMetadata says what call an incoming lead was made of. With EventNeeded
// Kommo shows users its call card.
type SIPMetadata struct {
	Phone       string `json:"phone"`
	Responsible string `json:"call_responsible,omitzero"` // a name
	Duration    int64  `json:"duration"`                  // seconds
	Link        string `json:"link,omitzero"`             // of the recording
	ServiceCode string `json:"service_code"`
	CalledAt    Unix   `json:"called_at,omitzero"`
	Unique      string `json:"uniq,omitzero"`
	From        string `json:"from,omitzero"`
	EventNeeded bool   `json:"is_call_event_needed"`
}

// UnsortedSorted is the answer to accept, decline and link. A link answers only
// the uid and the card.
type UnsortedSorted struct {
	UID        string           `json:"uid"`
	PipelineID int64            `json:"pipeline_id"`
	Category   UnsortedCategory `json:"category"`
	CreatedAt  Unix             `json:"created_at"`
	Embedded   UnsortedParts    `json:"_embedded"`
}

// UnsortedAccept says where an accepted lead goes. Without a stage Kommo takes
// the first one of its pipeline; a stage of another pipeline moves it there.
type UnsortedAccept struct {
	UserID   int64 `json:"user_id,omitzero"` // in whose name
	StatusID int64 `json:"status_id,omitzero"`
}

// Accept makes a lead of an incoming one.
func (s *UnsortedService) Accept(ctx context.Context, uid string, a UnsortedAccept) (UnsortedSorted, error) {
	return s.sort(ctx, "unsorted.accept", http.MethodPost, uid, "accept", a)
}

// Decline puts an incoming lead and its cards into the bin. Kommo wants to know
// in whose name.
func (s *UnsortedService) Decline(ctx context.Context, uid string, userID int64) (UnsortedSorted, error) {
	body := struct {
		UserID int64 `json:"user_id"`
	}{userID}
	return s.sort(ctx, "unsorted.decline", http.MethodDelete, uid, "decline", body)
}

// UnsortedLink says to which lead a chat or mail goes. ContactID is the
// contact of the lead that wrote; 0 leaves it to Kommo.
type UnsortedLink struct {
	UserID    int64
	LeadID    int64
	ContactID int64
}

// Link puts the chat or mail of an incoming lead onto a lead there is. Kommo
// refuses the other categories.
func (s *UnsortedService) Link(ctx context.Context, uid string, to UnsortedLink) (UnsortedSorted, error) {
	type metadata struct {
		ContactID int64 `json:"contact_id"`
	}
	type target struct {
		ID       int64     `json:"entity_id"`
		Type     Entity    `json:"entity_type"`
		Metadata *metadata `json:"metadata,omitzero"`
	}
	body := struct {
		UserID int64  `json:"user_id,omitzero"`
		Link   target `json:"link"`
	}{to.UserID, target{ID: to.LeadID, Type: Leads}}
	if to.ContactID != 0 {
		body.Link.Metadata = &metadata{to.ContactID}
	}
	return s.sort(ctx, "unsorted.link", http.MethodPost, uid, "link", body)
}

func (s *UnsortedService) sort(ctx context.Context, op, method, uid, act string, body any) (UnsortedSorted, error) {
	var out UnsortedSorted
	path, err := unsortedPath(op, uid, act)
	if err != nil {
		return out, err
	}
	_, err = s.c.Do(ctx, Request{Op: op, Method: method, Path: path, Body: body}, &out)
	return out, err
}
