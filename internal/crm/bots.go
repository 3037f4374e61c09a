package crm

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// KindBot is a Salesbot.
const KindBot = "bot"

// BotRow is a Salesbot.
type BotRow struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type,omitempty"` // regular, greeting, marketing, nps
	Active *bool  `json:"active,omitempty"`
}

// BotQuery is which page of the bots to show.
type BotQuery struct {
	Limit  int
	Cursor string
}

// BotList is one page of bots.
type BotList struct {
	Items      []BotRow `json:"items"`
	HasMore    bool     `json:"has_more"`
	NextCursor string   `json:"next_cursor,omitempty"`
	Hint       string   `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l BotList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l BotList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListBots lists the account's bots in one request (Kommo API facts: salesbot).
func (s *Service) ListBots(ctx context.Context, in BotQuery) (BotList, error) {
	digest, err := questionOf(BotQuery{Limit: in.Limit})
	if err != nil {
		return BotList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return BotList{}, err
	}
	found, err := scanPages(ctx, at, scan[kommo.Bot]{
		limit: in.Limit, pageSize: in.Limit, keep: func(kommo.Bot) bool { return true },
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Bot], error) {
			return s.api.Bots.List(ctx, kommo.BotFilter{ListOptions: kommo.ListOptions{Page: page, Limit: size}})
		},
	})
	if err != nil {
		return BotList{}, err
	}
	out := BotList{Items: make([]BotRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	for _, b := range found.items {
		out.Items = append(out.Items, BotRow{ID: b.ID, Name: short(b.Name, longName), Type: b.Kind, Active: b.Settings.Active})
	}
	if len(out.Items) == 0 {
		out.Hint = "The account has no bots, or this token may not see them. Bots are made in Kommo, not by API."
	}
	return out, nil
}

// BotOrder is a bot to start or to stop, and the card it is about: a lead or a
// contact.
type BotOrder struct {
	Bot       string // name or id
	LeadID    int64
	ContactID int64
	Key       string // idempotency key of a start; empty: none
}

// BotQueued is the answer to an order. Kommo takes it on and carries it out
// later, so that it is queued and no more. ID and URL are those of the card.
type BotQueued struct {
	ID       int64    `json:"id"`
	URL      string   `json:"url"`
	Status   string   `json:"status"` // queued
	Bot      Record   `json:"bot"`
	On       Record   `json:"on"`
	Note     string   `json:"note"`
	Repeat   bool     `json:"repeat,omitempty"` // done by an earlier call with the same idempotency_key
	Warnings []string `json:"warnings,omitempty"`
}

const (
	runNote      = "Kommo has queued the start and does not say what becomes of it: without a chat on the card, or while another bot runs there, nothing happens. Look at the card in a minute."
	startedMaybe = "It may run all the same: look at the chat of the card before you start it again (with a new key), or the customer may get the messages twice."
	stopNote     = "Kommo has queued the stop and does not say what becomes of it; a bot that does not run there is left alone."
)

// RunBot asks Kommo to start a bot on a card. Bots and card are read first, at
// once: what does not exist would fail in silence. The request is sent once, and
// since nothing tells whether a bot has run, a lost answer is not looked up.
func (s *Service) RunBot(ctx context.Context, o BotOrder) (BotQueued, error) {
	out, repeat, err := once(ctx, s, "run_bot", o.Key, o, func(ctx context.Context) (BotQueued, error) {
		out, c, bot, err := s.botOn(ctx, o)
		if err != nil {
			return out, err
		}
		if bot.Settings.Active != nil && !*bot.Settings.Active {
			out.Warnings = []string{bot.Name + " is switched off in Kommo; it may not run."}
		}
		out.Note = runNote
		if job, _ := jobOf(ctx); !job.since.IsZero() { // broken off: it may run already
			return out, lostOrder(&kommo.Error{Code: kommo.CodeUnknownOutcome}, "The start of "+bot.Name, startedMaybe)
		}
		err = s.api.Bots.Run(ctx, bot.ID, kommo.BotTarget{EntityID: c.id, EntityType: c.entity})
		return out, lostOrder(err, "The start of "+bot.Name, startedMaybe)
	})
	out.Repeat = repeat
	return out, err
}

// StopBot asks Kommo to stop a bot on a lead.
func (s *Service) StopBot(ctx context.Context, o BotOrder) (BotQueued, error) {
	out, c, bot, err := s.botOn(ctx, o)
	if err != nil {
		return out, err
	}
	out.Note = stopNote
	err = s.api.Bots.Stop(ctx, bot.ID, kommo.BotTarget{EntityID: c.id, EntityType: c.entity})
	return out, lostOrder(err, "The stop of "+bot.Name, "Stopping it again does no harm.")
}

// botOn reads bot and card.
func (s *Service) botOn(ctx context.Context, o BotOrder) (BotQueued, card, kommo.Bot, error) {
	c := card{kind: KindLead, entity: kommo.Leads, id: o.LeadID, argument: "lead_id"}
	if o.ContactID != 0 {
		c = card{kind: KindContact, entity: kommo.Contacts, id: o.ContactID, argument: "contact_id"}
	}
	if (o.LeadID == 0) == (o.ContactID == 0) {
		return BotQueued{}, c, kommo.Bot{}, problem.Invalid("lead_id", "A bot works on one card.").WithNext("Give exactly one of lead_id and contact_id.")
	}
	if err := needText("bot", o.Bot); err != nil {
		return BotQueued{}, c, kommo.Bot{}, err
	}
	var bot kommo.Bot
	var name string
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { bot, err = s.bot(groupCtx, o.Bot); return err })
	group.Go(func() (err error) { name, err = s.cardName(groupCtx, c); return err })
	if err := group.Wait(); err != nil {
		return BotQueued{}, c, bot, err
	}
	return BotQueued{
		ID: c.id, URL: s.cardURL(c.kind, c.id), Status: "queued", Bot: s.record(KindBot, bot.ID, bot.Name), On: s.record(c.kind, c.id, name),
	}, c, bot, nil
}

// bot resolves the name or id of a bot. Bots are not kept: one that was removed
// meanwhile would fail in silence.
func (s *Service) bot(ctx context.Context, nameOrID string) (kommo.Bot, error) {
	all, err := kommo.Collect(s.api.Bots.All(ctx, kommo.BotFilter{}))
	if err != nil {
		return kommo.Bot{}, err
	}
	choices := make([]directory.Choice[kommo.Bot], 0, len(all))
	for _, b := range all {
		choices = append(choices, directory.Choice[kommo.Bot]{Value: b, ID: b.ID, Name: b.Name, Detail: b.Kind})
	}
	return directory.Choose("bot", KindBot, nameOrID, choices)
}

// cardName reads what a lead or contact is called, and that it exists.
func (s *Service) cardName(ctx context.Context, c card) (string, error) {
	if c.kind == KindContact {
		contact, err := s.contactByID(ctx, c.id)
		return contact.Name, err
	}
	lead, err := s.leadToChange(ctx, c.id)
	return lead.Name, err
}

// lostOrder explains an order whose answer was lost.
func lostOrder(err error, what, next string) error {
	if !kommo.HasCode(err, kommo.CodeUnknownOutcome) {
		return err
	}
	return problem.New(problem.OutcomeUnknown, what+" was sent but Kommo's answer was lost.").WithNext(next).Wrap(err)
}
