package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// longestStageText is what Kommo takes, in characters (Kommo API facts: pipelines).
const longestStageText = 1000

// StageTexts tell people of three levels of experience what to do in a stage. Nil
// stays, empty takes the text away.
type StageTexts struct {
	Newbie    *string
	Candidate *string
	Master    *string
}

// levels are the texts by Kommo's words for the levels, in their order.
func (t StageTexts) levels() []stageText {
	return []stageText{{"newbie", t.Newbie}, {"candidate", t.Candidate}, {"master", t.Master}}
}

type stageText struct {
	level string
	text  *string
}

func (t stageText) argument() string { return "description_" + t.level }

func (t StageTexts) none() bool { return t == StageTexts{} }

func (t StageTexts) check() error {
	for _, l := range t.levels() {
		if l.text != nil && utf8.RuneCountInString(strings.TrimSpace(*l.text)) > longestStageText {
			return problem.Invalid(l.argument(), fmt.Sprintf("The description has %d characters, at most %d fit; nothing was written.",
				utf8.RuneCountInString(strings.TrimSpace(*l.text)), longestStageText)).WithNext("Shorten it.")
		}
	}
	return nil
}

// writes are the descriptions to send, with what changes noted in the delta.
func (t StageTexts) writes(held []kommo.StatusDescription, d delta) []kommo.DescriptionWrite {
	var out []kommo.DescriptionWrite
	for _, l := range t.levels() {
		if l.text == nil {
			continue
		}
		var was kommo.StatusDescription
		if at := slices.IndexFunc(held, func(h kommo.StatusDescription) bool { return h.Level == l.level }); at >= 0 {
			was = held[at]
		}
		want := strings.TrimSpace(*l.text)
		if want == was.Text {
			continue
		}
		d.note(l.argument(), was.Text, want)
		w := kommo.DescriptionWrite{ID: was.ID, Text: want}
		if was.ID == 0 {
			w.Level = l.level
		}
		out = append(out, w)
	}
	return out
}

// describe reads the descriptions of a stage and says what to send.
func (s *Service) describe(ctx context.Context, pipeline, stage int64, t StageTexts, d delta) ([]kommo.DescriptionWrite, error) {
	if t.none() {
		return nil, nil
	}
	all, err := s.api.Pipelines.Statuses(ctx, pipeline, "descriptions")
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(st kommo.Status) bool { return st.ID == stage })
	if at < 0 {
		return t.writes(nil, d), nil
	}
	return t.writes(all[at].Descriptions, d), nil
}
