package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// What becomes of an incoming lead.
const (
	IncomingWaiting  = "waiting"
	IncomingAccepted = "accepted"
	IncomingDeclined = "declined"
	IncomingLinked   = "linked"
)

// IncomingState is an incoming lead as sorting changes it.
type IncomingState struct {
	State       string `json:"state"` // waiting, accepted, declined, linked
	Pipeline    string `json:"pipeline,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Responsible string `json:"responsible,omitempty"` // in whose name it was sorted
}

// SortedIncoming is the answer of accept, decline and link. ID and URL are those
// of the lead that it ends in; a declined one has no link, since it is in the bin.
type SortedIncoming struct {
	ID       int64         `json:"id"`
	URL      string        `json:"url,omitempty"`
	UID      string        `json:"uid"`
	Before   IncomingState `json:"before"`
	After    IncomingState `json:"after"`
	LookedUp bool          `json:"looked_up,omitempty"` // the answer was lost, the outcome was found by reading
	Warnings []string      `json:"warnings,omitempty"`
}

// AcceptIncoming is an incoming lead to accept. Without stage it goes to the
// first one of its pipeline, or of the one given.
type AcceptIncoming struct {
	UID         string
	Stage       string
	Pipeline    string
	Responsible string // in whose name; empty: the user of the token
}

// AcceptIncoming makes a lead of an incoming one: it is read and accepted, two
// requests with a warm directory. A lost answer is looked up in the lead's stage.
func (s *Service) AcceptIncoming(ctx context.Context, a AcceptIncoming) (SortedIncoming, error) {
	return withNames(ctx, s, func(ctx context.Context) (SortedIncoming, error) { return s.acceptIncoming(ctx, a) })
}

func (s *Service) acceptIncoming(ctx context.Context, a AcceptIncoming) (SortedIncoming, error) {
	user, warning, err := s.sorter(ctx, a.Responsible)
	if err != nil {
		return SortedIncoming{}, err
	}
	u, out, err := s.waitingIncoming(ctx, a.UID)
	if err != nil {
		return out, err
	}
	stage, err := s.acceptedStage(ctx, a, u)
	if err != nil {
		return out, err
	}
	out.After = IncomingState{State: IncomingAccepted, Pipeline: stage.PipelineName, Stage: stage.Name, Responsible: user.Name}
	out.Warnings = warned(nil, warning)
	_, out.LookedUp, err = settle(ctx, s.clock, write[struct{}]{
		what: "accepting incoming lead " + a.UID,
		send: func(ctx context.Context) (none struct{}, err error) {
			_, err = s.api.Unsorted.Accept(ctx, u.UID, kommo.UnsortedAccept{UserID: user.ID, StatusID: stage.ID})
			return none, err
		},
		find: func(ctx context.Context) (none struct{}, ok bool, err error) {
			lead, err := s.api.Leads.Get(ctx, u.LeadID())
			return none, err == nil && lead.StatusID == stage.ID && lead.PipelineID == stage.PipelineID, err
		},
	})
	return out, sortedMeanwhile(a.UID, err)
}

// acceptedStage is where an accepted lead goes. Won and lost have the same ids in
// every pipeline, so that Kommo can only mean the lead's own.
func (s *Service) acceptedStage(ctx context.Context, a AcceptIncoming, u kommo.Unsorted) (directory.Stage, error) {
	stage, err := s.stageToAcceptIn(ctx, a, u)
	if err != nil {
		return stage, err
	}
	if stage.Kind == directory.StageIncoming {
		return stage, problem.Invalid("stage", stage.Name+" is the stage of leads that are not accepted yet.").
			WithNext("Name another stage, or leave it out for the first one.")
	}
	if (stage.Kind == directory.StageWon || stage.Kind == directory.StageLost) && stage.PipelineID != u.PipelineID {
		return stage, problem.Invalid("pipeline", "Kommo cannot accept a lead as "+string(stage.Kind)+" in another pipeline.").
			WithNext("Accept it without a stage, then use move_lead_stage.")
	}
	return stage, nil
}

func (s *Service) stageToAcceptIn(ctx context.Context, a AcceptIncoming, u kommo.Unsorted) (directory.Stage, error) {
	pipeline, stage := strings.TrimSpace(a.Pipeline), strings.TrimSpace(a.Stage)
	if pipeline == "" && stage != "" {
		return s.names.StageNear(ctx, stage, u.PipelineID)
	}
	if pipeline == "" {
		pipeline = strconv.FormatInt(u.PipelineID, 10)
	}
	return s.firstPlace(ctx, pipeline, stage)
}

// DeclineIncoming puts an incoming lead with its contact and company into the
// bin, from which only people can restore it, in Kommo: it is read and declined,
// two requests.
func (s *Service) DeclineIncoming(ctx context.Context, uid, responsible string) (SortedIncoming, error) {
	user, warning, err := s.sorter(ctx, responsible)
	if err != nil {
		return SortedIncoming{}, err
	}
	u, out, err := s.waitingIncoming(ctx, uid)
	if err != nil {
		return out, err
	}
	out.URL, out.After = "", IncomingState{State: IncomingDeclined, Responsible: user.Name}
	out.Warnings = warned(nil, warning)
	_, out.LookedUp, err = settle(ctx, s.clock, write[struct{}]{
		what: "declining incoming lead " + uid,
		send: func(ctx context.Context) (none struct{}, err error) {
			_, err = s.api.Unsorted.Decline(ctx, u.UID, user.ID)
			return none, err
		},
		find: s.isGone(u.UID),
	})
	return out, sortedMeanwhile(uid, err)
}

// LinkIncoming puts a chat or mail that waits onto a lead there is. ContactID is
// the contact of that lead who wrote; 0 leaves it to Kommo.
type LinkIncoming struct {
	UID         string
	LeadID      int64
	ContactID   int64
	Responsible string // in whose name; empty: the user of the token
}

// LinkIncoming puts a chat or mail onto a lead there is, and its own lead goes:
// both are read at once, then it is linked. Kommo links no forms and calls (Kommo
// API facts: incoming leads).
func (s *Service) LinkIncoming(ctx context.Context, l LinkIncoming) (SortedIncoming, error) {
	user, warning, err := s.sorter(ctx, l.Responsible)
	if err != nil {
		return SortedIncoming{}, err
	}
	var u kommo.Unsorted
	var out SortedIncoming
	var lead kommo.Lead
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { u, out, err = s.waitingIncoming(groupCtx, l.UID); return err })
	group.Go(func() (err error) { lead, err = s.leadToChange(groupCtx, l.LeadID); return err })
	if err := group.Wait(); err != nil {
		return out, err
	}
	if !slices.Contains([]kommo.UnsortedCategory{kommo.UnsortedChats, kommo.UnsortedMail}, u.Category) {
		return out, problem.New(problem.Unprocessable, fmt.Sprintf("This incoming lead is a %s; Kommo links chats and mails only. Nothing was written.", incomingWord(u.Category))).
			WithField("uid").WithNext("Accept it with accept_incoming_lead, or decline it if it repeats a lead there is.")
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return out, err
	}
	out.ID, out.URL = lead.ID, s.cardURL(KindLead, lead.ID)
	out.After = IncomingState{
		State: IncomingLinked, Pipeline: names.PipelineName(lead.PipelineID), Stage: names.StageName(lead.PipelineID, lead.StatusID), Responsible: user.Name,
	}
	out.Warnings = warned(nil, warning)
	_, out.LookedUp, err = settle(ctx, s.clock, write[struct{}]{
		what: fmt.Sprintf("linking incoming lead %s to lead %d", l.UID, l.LeadID),
		send: func(ctx context.Context) (none struct{}, err error) {
			_, err = s.api.Unsorted.Link(ctx, u.UID, kommo.UnsortedLink{UserID: user.ID, LeadID: lead.ID, ContactID: l.ContactID})
			return none, err
		},
		find: s.isGone(u.UID),
	})
	if refusedPath(err, "contact_id") {
		err = card{kind: KindContact, id: l.ContactID, argument: "contact_id"}.missing(err)
	}
	return out, sortedMeanwhile(l.UID, err)
}

// sorter is the user in whose name an incoming lead is sorted, the user of the
// token unless told: Kommo wants one for decline.
func (s *Service) sorter(ctx context.Context, nameOrID string) (directory.User, string, error) {
	if strings.TrimSpace(nameOrID) == "" {
		user, err := s.names.Me(ctx)
		return user, "", err
	}
	return s.owner(ctx, nameOrID)
}

// waitingIncoming reads an incoming lead that is to be sorted.
func (s *Service) waitingIncoming(ctx context.Context, uid string) (kommo.Unsorted, SortedIncoming, error) {
	out := SortedIncoming{UID: uid}
	u, err := s.api.Unsorted.Get(ctx, uid)
	if err != nil {
		return u, out, sortedMeanwhile(uid, err)
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return u, out, err
	}
	if u.UID == "" {
		u.UID = uid
	}
	out.ID, out.URL = u.LeadID(), s.cardURL(KindLead, u.LeadID())
	out.Before = IncomingState{State: IncomingWaiting, Pipeline: names.PipelineName(u.PipelineID)}
	return u, out, nil
}

// isGone looks whether an incoming lead no longer waits.
func (s *Service) isGone(uid string) func(context.Context) (struct{}, bool, error) {
	return func(ctx context.Context) (none struct{}, ok bool, err error) {
		_, err = s.api.Unsorted.Get(ctx, uid)
		if errors.Is(err, kommo.ErrNotFound) {
			return none, true, nil
		}
		return none, false, err
	}
}

// sortedMeanwhile explains a uid that Kommo does not know any more.
func sortedMeanwhile(uid string, err error) error {
	if !errors.Is(err, kommo.ErrNotFound) {
		return err
	}
	return problem.Missing("uid", fmt.Sprintf("No incoming lead with the uid %s waits: it was accepted, declined or linked already, or never was; nothing was written.", uid)).
		WithNext("List those that wait with list_incoming_leads; accepted ones are ordinary leads.").Wrap(err)
}
