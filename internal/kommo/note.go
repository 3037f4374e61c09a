package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
)

// The types of notes that this client writes or looks into.
const (
	NoteCommon          = "common"          // TextParams
	NoteCallIn          = "call_in"         // CallParams
	NoteCallOut         = "call_out"        // CallParams
	NoteService         = "service_message" // ServiceParams
	NoteExtendedService = "extended_service_message"
	NoteSMSIn           = "sms_in"          // SMSParams
	NoteSMSOut          = "sms_out"         // SMSParams
	NotePlace           = "geolocation"     // PlaceParams
	NoteAttachment      = "attachment"      // AttachmentParams
	NoteMail            = "amomail_message" // only read
)

// Note is an entry in a card's timeline (Kommo API facts: notes). Notes cannot
// be deleted.
type Note struct {
	ID            int64           `json:"id"`
	EntityID      int64           `json:"entity_id"`
	CreatedBy     int64           `json:"created_by"`
	UpdatedBy     int64           `json:"updated_by"`
	CreatedAt     Unix            `json:"created_at"`
	UpdatedAt     Unix            `json:"updated_at"`
	ResponsibleID int64           `json:"responsible_user_id"`
	GroupID       int64           `json:"group_id"`
	Type          string          `json:"note_type"`
	Params        json.RawMessage `json:"params"`
	AccountID     int64           `json:"account_id"`
	Pinned        bool            `json:"is_pinned"`
}

// Text is the note's text where its type has one.
func (n Note) Text() string {
	var p struct {
		Text string `json:"text"`
	}
	if unmarshal(n.Params, &p) != nil {
		return ""
	}
	return p.Text
}

// Call reads the parameters of a call note.
func (n Note) Call() (CallParams, bool) {
	var p CallParams
	if n.Type != NoteCallIn && n.Type != NoteCallOut || unmarshal(n.Params, &p) != nil {
		return p, false
	}
	return p, true
}

// Mail reads the parameters of a mail note.
func (n Note) Mail() (MailParams, bool) {
	var p MailParams
	if n.Type != NoteMail || unmarshal(n.Params, &p) != nil {
		return p, false
	}
	return p, true
}

// Attachment reads the parameters of a note with a file.
func (n Note) Attachment() (AttachmentParams, bool) {
	var p AttachmentParams
	if n.Type != NoteAttachment || unmarshal(n.Params, &p) != nil {
		return p, false
	}
	return p, true
}

// NoteFilter selects notes.
type NoteFilter struct {
	ListOptions

	IDs       []int64
	Types     []string
	EntityIDs []int64 // only in lists over all cards
	UpdatedAt Range
	Order     Order // id, updated_at
	With      []string
}

func (f NoteFilter) query() url.Values {
	q := withQuery(f.With)
	f.into(q)
	setIDs(q, "id", f.IDs)
	setTexts(q, "note_type", f.Types)
	setIDs(q, "entity_id", f.EntityIDs)
	f.UpdatedAt.into(q, "updated_at")
	f.Order.into(q)
	return q
}

// NoteWrite creates or changes a note: type and parameters are needed in both
// cases. Params is one of the Params types. Calls count in Kommo's reports only
// if CreatedBy is ResponsibleID.
type NoteWrite struct {
	ID            int64  `json:"id,omitzero"`        // only in UpdateMany
	EntityID      int64  `json:"entity_id,omitzero"` // the card, in Create and UpdateMany
	Type          string `json:"note_type"`
	Params        any    `json:"params"`
	CreatedBy     *int64 `json:"created_by,omitzero"`
	ResponsibleID int64  `json:"responsible_user_id,omitzero"`
	CreatedAt     Unix   `json:"created_at,omitzero"`
	Trigger       *bool  `json:"is_need_to_trigger_digital_pipeline,omitzero"` // nil: yes
}

// NotesService reads and writes notes.
type NotesService struct{ c *Client }

// List reads one page of the notes of all cards of a kind.
func (s *NotesService) List(ctx context.Context, of Entity, f NoteFilter) (Page[Note], error) {
	return getPage[Note](ctx, s.c, "notes.list", entityPath(of, "notes"), "notes", f.query())
}

// All walks all notes of all cards of a kind.
func (s *NotesService) All(ctx context.Context, of Entity, f NoteFilter) iter.Seq2[Note, error] {
	return everyPage(func(page int) (Page[Note], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, of, f)
	})
}

// ListOf reads one page of the notes of one card. Kommo has no filter by card
// here: EntityIDs is for List.
func (s *NotesService) ListOf(ctx context.Context, of Entity, id int64, f NoteFilter) (Page[Note], error) {
	f.EntityIDs = nil
	return getPage[Note](ctx, s.c, "notes.list", cardPath(of, id, "notes"), "notes", f.query())
}

// AllOf walks all notes of one card.
func (s *NotesService) AllOf(ctx context.Context, of Entity, id int64, f NoteFilter) iter.Seq2[Note, error] {
	return everyPage(func(page int) (Page[Note], error) {
		f.Page, f.Limit = page, MaxPage
		return s.ListOf(ctx, of, id, f)
	})
}

// Get reads one note. with: is_pinned.
func (s *NotesService) Get(ctx context.Context, of Entity, id int64, with ...string) (Note, error) {
	return getOne[Note](ctx, s.c, Request{Op: "notes.get", Path: idPath(entityPath(of, "notes"), id), Query: withQuery(with)})
}

// Create writes notes; each names its card by EntityID.
func (s *NotesService) Create(ctx context.Context, of Entity, notes []NoteWrite) ([]Created, error) {
	return create(ctx, s.c, "notes.create", entityPath(of, "notes"), "notes", notes)
}

// Update changes the content of a note.
func (s *NotesService) Update(ctx context.Context, of Entity, id int64, w NoteWrite) (Updated, error) {
	return patchOne(ctx, s.c, "notes.update", idPath(entityPath(of, "notes"), id), "notes", w)
}

// UpdateMany changes several notes, each named by its ID and its card.
func (s *NotesService) UpdateMany(ctx context.Context, of Entity, notes []NoteWrite) ([]Updated, error) {
	return patchMany(ctx, s.c, "notes.update_many", entityPath(of, "notes"), "notes", notes)
}

// Pin fixes a note at the top of its card, or takes it off there. Kommo answers
// 204. Doing it again changes nothing.
func (s *NotesService) Pin(ctx context.Context, of Entity, id int64, on bool) error {
	verb := "unpin"
	if on {
		verb = "pin"
	}
	path := cardPath(Entity(string(of)+"/notes"), id, verb)
	_, err := s.c.Do(ctx, Request{Op: "notes." + verb, Method: http.MethodPost, Path: path}, nil)
	return err
}
