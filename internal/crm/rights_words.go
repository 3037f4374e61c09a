package crm

import (
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Rights say in words what a user or role may do. Each kind of card has a line
// such as "all: view; own group's: edit; may add; no delete"; Stages are the stages with
// rights of their own.
type Rights struct {
	Leads     string   `json:"leads,omitempty"`
	Contacts  string   `json:"contacts,omitempty"`
	Companies string   `json:"companies,omitempty"`
	Tasks     string   `json:"tasks,omitempty"`
	Also      []string `json:"also,omitempty"`   // mail, lists, files
	Stages    []string `json:"stages,omitempty"` // "Rooftop solar / Negotiation: no edit"
}

// maxStageRights bounds the stages listed of one user.
const maxStageRights = 10

// rightsOf words the rights (Kommo API facts: users and roles).
func rightsOf(r kommo.UserRights, names *directory.Snapshot) *Rights {
	out := &Rights{Leads: cardRights(r.Leads), Contacts: cardRights(r.Contacts), Companies: cardRights(r.Companies), Tasks: taskRights(r.Tasks)}
	for _, flag := range []struct {
		word string
		on   bool
	}{{"mail", r.MailAccess}, {"lists", r.CatalogAccess}, {"files", r.FilesAccess}} {
		if flag.on {
			out.Also = append(out.Also, flag.word)
		}
	}
	for _, st := range r.StatusRights[:min(len(r.StatusRights), maxStageRights)] {
		place := names.PipelineName(st.PipelineID) + " / " + names.StageName(st.PipelineID, st.StatusID)
		out.Stages = append(out.Stages, place+": "+cardRights(st.Rights))
	}
	out.Stages = append(out.Stages, leftOut(len(r.StatusRights), min(len(r.StatusRights), maxStageRights), false, "further stages")...)
	return out
}

// right is one letter of Kommo's for one act.
type right struct{ act, letter string }

func cardRights(r kommo.CardRights) string {
	return inWords([]right{{"view", r.View}, {"add", r.Add}, {"edit", r.Edit}, {"delete", r.Delete}, {"export", r.Export}})
}

func taskRights(r kommo.TaskRights) string {
	return inWords([]right{{"edit", r.Edit}, {"delete", r.Delete}})
}

// inWords says rights briefly: everything, nothing, or how far each act reaches.
// Letters that Kommo left out say nothing.
func inWords(all []right) string {
	all = slices.DeleteFunc(all, func(r right) bool { return r.letter == "" })
	if len(all) == 0 {
		return ""
	}
	each := func(letter string) bool {
		return !slices.ContainsFunc(all, func(r right) bool { return r.letter != letter })
	}
	switch {
	case each("A"):
		return "everything"
	case each("D"), all[0].act == "view" && all[0].letter == "D":
		return "nothing"
	}
	var parts []string
	for _, reach := range []struct{ letter, words string }{{"A", "all"}, {"G", "own group's"}, {"M", "own"}, {"L", "linked"}} {
		if acts := actsWith(all, reach.letter); len(acts) > 0 {
			parts = append(parts, reach.words+": "+strings.Join(acts, ", "))
		}
	}
	for _, r := range all {
		switch {
		case r.letter == "D":
			parts = append(parts, "no "+r.act)
		case r.act == "add": // either all or nothing
			parts = append(parts, "may add")
		}
	}
	return strings.Join(parts, "; ")
}

// actsWith are the acts that reach so far; adding has no reach.
func actsWith(all []right, letter string) []string {
	var acts []string
	for _, r := range all {
		if r.letter == letter && r.act != "add" {
			acts = append(acts, r.act)
		}
	}
	return acts
}
