package kommo

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// The kinds of bots.
const (
	BotRegular   = "regular"
	BotGreeting  = "greeting"
	BotMarketing = "marketing"
	BotNPS       = "nps"
)

// Bot is a Salesbot (Kommo API facts: salesbot). Bots cannot be made or changed
// by API.
type Bot struct {
	ID           int64       `json:"id"`
	Name         string      `json:"name"`
	Kind         string      `json:"type_functionality"`
	VisualEditor bool        `json:"is_visual_editor"`
	Settings     BotSettings `json:"settings"`
	Favorite     *bool       `json:"is_favorite"` // only with=favorite
}

// BotSettings are the settings of a bot. Active nil: unknown.
type BotSettings struct {
	Active *bool `json:"active"`
}

// UnmarshalJSON reads an object, or the empty list that PHP writes for none.
func (s *BotSettings) UnmarshalJSON(raw []byte) error {
	*s = BotSettings{}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	type plain BotSettings
	return unmarshal(raw, (*plain)(s))
}

// BotFilter selects bots.
type BotFilter struct {
	ListOptions

	IDs   []int64
	Kinds []string
	With  []string // favorite
}

func (f BotFilter) query() url.Values {
	q := withQuery(f.With)
	f.into(q)
	setIDs(q, "id", f.IDs)
	setTexts(q, "type_functionality", f.Kinds)
	return q
}

// BotTarget is the card that a bot is to run on: a lead or a contact.
type BotTarget struct {
	EntityID   int64  `json:"entity_id"`
	EntityType Entity `json:"entity_type"`
}

// BotRun starts a bot on a card, in RunMany.
type BotRun struct {
	BotID int64 `json:"bot_id"`
	BotTarget
}

// BotsService lists, starts and stops bots.
type BotsService struct{ c *Client }

// List reads one page of the bots. They come under another key than other lists.
func (s *BotsService) List(ctx context.Context, f BotFilter) (Page[Bot], error) {
	return getPage[Bot](ctx, s.c, "bots.list", "/bots", "items", f.query())
}

// All walks all bots.
func (s *BotsService) All(ctx context.Context, f BotFilter) iter.Seq2[Bot, error] {
	return everyPage(func(page int) (Page[Bot], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one bot.
func (s *BotsService) Get(ctx context.Context, id int64) (Bot, error) {
	return getOne[Bot](ctx, s.c, Request{Op: "bots.get", Path: idPath("/bots", id)})
}

// Run asks Kommo to start a bot on a card. No error means that it is queued:
// an unknown card or one without a chat fails later and in silence. A card runs
// one bot at a time.
func (s *BotsService) Run(ctx context.Context, id int64, on BotTarget) error {
	return s.post(ctx, "bots.run", idPath("/bots", id)+"/run", on)
}

// RunMany asks Kommo to start bots on up to 100 cards. It is queued likewise.
func (s *BotsService) RunMany(ctx context.Context, runs []BotRun) error {
	const op = "bots.run_many"
	if len(runs) == 0 {
		return emptyRequest(op)
	}
	return s.post(ctx, op, "/bots/run", runs)
}

// Stop asks Kommo to stop a bot on a lead. It is queued likewise.
func (s *BotsService) Stop(ctx context.Context, id int64, on BotTarget) error {
	return s.post(ctx, "bots.stop", idPath("/bots", id)+"/stop", on)
}

// post sends a request that Kommo answers with 202 and a word of HTML, or
// nothing.
func (s *BotsService) post(ctx context.Context, op, path string, body any) error {
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: path, Body: body}, nil)
	return err
}
