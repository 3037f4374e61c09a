package crm

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// incomingSource is what incoming leads name as their source unless told.
const incomingSource = "kommo-mcp"

// NewIncoming is an incoming lead to make: of a form that somebody filled in, or
// of a call. A call needs ContactPhone.
type NewIncoming struct {
	Category        string // form, call
	Name            string
	Price           *float64
	Pipeline        string // empty: the main one
	ContactName     string
	ContactPhone    string
	ContactEmail    string
	CompanyName     string
	Fields          map[string]any // of the lead
	Tags            []string
	Source          string // what Kommo shows as the source; empty: this program
	FormName        string // of forms; empty: the source
	FormPage        string // of forms: address of the page; empty: the source
	Received        string // when it was sent or called; empty: now
	DurationSeconds int64  // of calls
	RecordingURL    string // of calls
	Key             string // idempotency key; empty: none
}

// MadeIncoming is a new incoming lead: its uid for accept and decline, and its
// cards. ID and URL are those of its lead.
type MadeIncoming struct {
	Made

	UID      string `json:"uid"`
	Category string `json:"category"`
	Pipeline string `json:"pipeline,omitempty"`
	Received string `json:"received,omitempty"` // RFC 3339 in the account's zone
}

// CreateIncoming makes an incoming lead with its contact and company in one
// POST. Kommo looks for no duplicates here and neither does this: the person who
// accepts it sees them. A lost answer is looked up by a source_uid of its own
// (Kommo API facts: incoming leads).
func (s *Service) CreateIncoming(ctx context.Context, n NewIncoming) (MadeIncoming, error) {
	if err := n.check(); err != nil {
		return MadeIncoming{}, err
	}
	out, repeat, err := once(ctx, s, "create_incoming_lead", n.Key, n, func(ctx context.Context) (MadeIncoming, error) {
		return withNames(ctx, s, func(ctx context.Context) (MadeIncoming, error) { return s.createIncoming(ctx, n) })
	})
	out.Repeat = repeat
	return out, err
}

// check refuses what needs no request to be refused.
func (n NewIncoming) check() error {
	if err := needText("name", n.Name); err != nil {
		return err
	}
	switch n.Category {
	case IncomingForm:
		if n.DurationSeconds != 0 || n.RecordingURL != "" {
			return problem.Invalid("category", "A form has neither duration_seconds nor recording_url.").WithNext("Leave them out, or use category call.")
		}
	case IncomingCall:
		if n.FormName != "" || n.FormPage != "" {
			return problem.Invalid("category", "A call has neither form_name nor form_page.").WithNext("Leave them out, or use category form.")
		}
		if strings.TrimSpace(n.ContactPhone) == "" {
			return problem.Invalid("contact_phone", "An incoming lead of a call needs contact_phone.").WithNext("Give the caller's number.")
		}
	default:
		return problem.Invalid("category", fmt.Sprintf("Kommo makes incoming leads of forms and calls only, not of %q.", n.Category)).
			WithNext("Use form or call.")
	}
	for argument, link := range map[string]string{"form_page": n.FormPage, "recording_url": n.RecordingURL} {
		if err := checkLink(argument, link); err != nil {
			return err
		}
	}
	return checkEmail("contact_email", n.ContactEmail)
}

// checkLink refuses what people cannot open in a browser: it becomes a link on a
// card. Empty text passes.
func checkLink(argument, link string) error {
	if link = strings.TrimSpace(link); link == "" {
		return nil
	}
	if u, err := url.Parse(link); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	return problem.Invalid(argument, fmt.Sprintf("%q is no web address.", short(link, longName))).
		WithNext("Write it in full, like https://example.com/quote, or leave it out.")
}

// incomingPlan is an incoming lead ready to be sent.
type incomingPlan struct {
	NewIncoming

	uid      string // of its source: by it a lost answer is looked up
	source   string
	phone    string // as it is stored
	pipeline directory.Pipeline
	at       kommo.Unix
	zone     *time.Location
	cards    kommo.UnsortedCards
}

func (s *Service) createIncoming(ctx context.Context, n NewIncoming) (MadeIncoming, error) {
	p, err := s.planIncoming(ctx, n)
	if err != nil {
		return MadeIncoming{}, err
	}
	made, lookedUp, err := settle(ctx, s.clock, write[kommo.Unsorted]{
		what: fmt.Sprintf("the incoming lead %q", short(n.Name, longName)),
		send: func(ctx context.Context) (kommo.Unsorted, error) { return s.sendIncoming(ctx, p) },
		find: func(ctx context.Context) (kommo.Unsorted, bool, error) { return s.findIncoming(ctx, p.uid) },
	})
	if err != nil {
		return MadeIncoming{}, err
	}
	out := MadeIncoming{UID: made.UID, Category: n.Category, Pipeline: p.pipeline.Name, Received: moment(p.at, p.zone)}
	out.Made = Made{ID: made.LeadID(), URL: s.cardURL(KindLead, made.LeadID()), Created: []Record{}, Found: []Record{}, LookedUp: lookedUp}
	out.Created = append(out.Created, s.record(KindLead, made.LeadID(), n.Name))
	if id := made.ContactID(); id != 0 {
		out.Created = append(out.Created, s.record(KindContact, id, p.cards.Contacts[0].Name))
	}
	if id := made.CompanyID(); id != 0 {
		out.Created = append(out.Created, s.record(KindCompany, id, p.cards.Companies[0].Name))
	}
	return out, nil
}

// sourceUID is by what a lost answer is looked up: the same for a repeat under a
// key.
func sourceUID(key string) string {
	if key == "" {
		return rand.Text()
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:13])
}

func (s *Service) planIncoming(ctx context.Context, n NewIncoming) (incomingPlan, error) {
	p := incomingPlan{NewIncoming: n, uid: sourceUID(n.Key), source: cmp.Or(strings.TrimSpace(n.Source), incomingSource)}
	account, err := s.names.Account(ctx)
	if err != nil {
		return p, err
	}
	p.at, p.zone = kommo.UnixOf(s.clock.Now()), account.Location()
	if strings.TrimSpace(n.Received) != "" {
		at, err := when.Parse(n.Received, p.zone, s.clock.Now())
		if err != nil {
			return p, badTime("received", err)
		}
		if at.Time.After(s.clock.Now()) {
			return p, problem.Invalid("received", fmt.Sprintf("received lies in the future: %s; nothing was written.", at.Time.In(p.zone).Format(time.RFC3339))).
				WithNext("Give the time at which it came, or leave it out for now.")
		}
		p.at = kommo.UnixOf(at.Time)
	}
	if err := checkPhone("contact_phone", n.ContactPhone, account.Country); err != nil {
		return p, err
	}
	if p.pipeline, err = s.incomingPipeline(ctx, n.Pipeline); err != nil {
		return p, err
	}
	fields, err := s.fieldWrites(ctx, kommo.Leads, filled(n.Fields))
	if err != nil {
		return p, err
	}
	p.cards.Leads = []kommo.LeadWrite{{Name: strings.TrimSpace(n.Name), Price: n.Price, Fields: fields, AddTags: kommo.TagNames(n.Tags)}}
	p.addPeople(account.Country)
	return p, nil
}

// incomingPipeline is where incoming leads come in: the main pipeline unless told.
func (s *Service) incomingPipeline(ctx context.Context, name string) (directory.Pipeline, error) {
	if strings.TrimSpace(name) != "" {
		return s.names.Pipeline(ctx, name)
	}
	all, err := s.names.Pipelines(ctx)
	for _, p := range all {
		if p.Main {
			return p, nil
		}
	}
	return directory.Pipeline{}, err
}

func (p *incomingPlan) addPeople(region string) {
	tel, email := strings.TrimSpace(p.ContactPhone), strings.TrimSpace(p.ContactEmail)
	if name := cmp.Or(strings.TrimSpace(p.ContactName), tel, email); name != "" {
		contact := kommo.ContactWrite{Name: name}
		if tel != "" {
			p.phone = storedPhone(tel, region)
			contact.Fields = append(contact.Fields, line(kommo.CodePhone, p.phone))
		}
		if email != "" {
			contact.Fields = append(contact.Fields, line(kommo.CodeEmail, email))
		}
		p.cards.Contacts = []kommo.ContactWrite{contact}
	}
	if name := strings.TrimSpace(p.CompanyName); name != "" {
		p.cards.Companies = []kommo.CompanyWrite{{Name: name}}
	}
}

func (s *Service) sendIncoming(ctx context.Context, p incomingPlan) (kommo.Unsorted, error) {
	var made []kommo.Unsorted
	var err error
	if p.Category == IncomingCall {
		made, err = s.api.Unsorted.CreateSIP(ctx, []kommo.UnsortedWrite[kommo.SIPMetadata]{{
			SourceUID: p.uid, SourceName: p.source, PipelineID: p.pipeline.ID, CreatedAt: p.at, Embedded: p.cards,
			Metadata: kommo.SIPMetadata{
				Phone: p.phone, From: p.phone, Duration: p.DurationSeconds, Link: strings.TrimSpace(p.RecordingURL),
				ServiceCode: p.source, CalledAt: p.at, Unique: p.uid,
			},
		}})
	} else {
		form := cmp.Or(strings.TrimSpace(p.FormName), p.source)
		made, err = s.api.Unsorted.CreateForms(ctx, []kommo.UnsortedWrite[kommo.FormMetadata]{{
			SourceUID: p.uid, SourceName: p.source, PipelineID: p.pipeline.ID, CreatedAt: p.at, Embedded: p.cards,
			Metadata: kommo.FormMetadata{FormID: form, FormName: form, FormPage: cmp.Or(strings.TrimSpace(p.FormPage), p.source), SentAt: p.at},
		}})
	}
	if err != nil {
		return kommo.Unsorted{}, err
	}
	return made[0], nil
}
