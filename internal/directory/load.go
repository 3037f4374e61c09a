package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// source reads the sections from Kommo and puts them into the directory's own words.
type source struct{ api *kommo.Client }

func (s source) account(ctx context.Context) (Account, error) {
	in, err := s.api.Account.Get(ctx, "task_types", "users_groups", "datetime_settings", "is_api_filter_enabled", "amojo_id", "drive_url", "version")
	if err != nil {
		return Account{}, err
	}
	out := Account{
		ID: in.ID, Name: in.Name, Subdomain: in.Subdomain, Country: in.Country, Language: in.Language,
		Currency: in.Currency, CurrencySymbol: in.CurrencySymbol, CurrentUserID: in.CurrentUserID,
		FiltersOn:     in.APIFilterOn == nil || *in.APIFilterOn,
		LossReasonsOn: in.LossReasonsOn, AmojoID: in.AmojoID, DriveURL: in.DriveURL, Version: int64(in.Version),
		zone: zone(in.Embedded.Datetime),
	}
	for _, t := range in.Embedded.TaskTypes {
		out.TaskTypes = append(out.TaskTypes, TaskType{ID: t.ID, Name: t.Name, Code: deref(t.Code)})
	}
	for _, g := range in.Embedded.Groups {
		out.Groups = append(out.Groups, Group{ID: g.ID, Name: g.Name})
	}
	return out, nil
}

// zone is the account's time zone; its offset where the machine does not know the name.
func zone(in kommo.DatetimeSettings) *time.Location {
	if loc, err := time.LoadLocation(in.Timezone); err == nil && in.Timezone != "" {
		return loc
	}
	if t, err := time.Parse("-07:00", in.Offset); err == nil {
		_, seconds := t.Zone()
		return time.FixedZone(in.Offset, seconds)
	}
	return time.UTC
}

func (s source) pipelines(ctx context.Context) ([]Pipeline, error) {
	in, err := s.api.Pipelines.List(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(in, func(a, b kommo.Pipeline) int {
		return cmp.Or(compareBool(a.Archive, b.Archive), cmp.Compare(a.Sort, b.Sort))
	})
	out := make([]Pipeline, 0, len(in))
	for _, p := range in {
		out = append(out, Pipeline{ID: p.ID, Name: p.Name, Main: p.Main, Archive: p.Archive, Stages: stages(p)})
	}
	return out, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func stages(p kommo.Pipeline) []Stage {
	in := p.Embedded.Statuses
	slices.SortStableFunc(in, func(a, b kommo.Status) int { return cmp.Compare(a.Sort, b.Sort) })
	out := make([]Stage, 0, len(in))
	for _, s := range in {
		out = append(out, Stage{ID: s.ID, Name: s.Name, Kind: stageKind(s), PipelineID: p.ID, PipelineName: p.Name})
	}
	return out
}

func stageKind(s kommo.Status) StageKind {
	switch {
	case s.ID == kommo.StatusWon:
		return StageWon
	case s.ID == kommo.StatusLost:
		return StageLost
	case s.Kind == 1:
		return StageIncoming
	default:
		return StageOpen
	}
}

func (s source) users(ctx context.Context) (List[User], error) {
	return listed(ctx, "this token may not read the users, which takes the rights of an administrator", func(ctx context.Context) ([]User, error) {
		in, err := kommo.Collect(s.api.Users.All(ctx, "role", "group"))
		out := make([]User, 0, len(in))
		for _, u := range in {
			out = append(out, userOf(u))
		}
		return out, err
	})
}

// listed reads a section that the token may be forbidden to read: that is an answer too, and kept like one.
func listed[T any](ctx context.Context, reason string, read func(context.Context) ([]T, error)) (List[T], error) {
	items, err := read(ctx)
	if kommo.HasCode(err, kommo.CodeForbidden, kommo.CodeScope) {
		return List[T]{Unavailable: reason}, nil
	}
	return List[T]{Items: items}, err
}

func userOf(u kommo.User) User {
	out := User{
		ID: u.ID, Name: u.Name, Email: u.Email, Active: u.Rights.Active, Admin: u.Rights.Admin, Free: u.Rights.Free,
		GroupID: deref(u.Rights.GroupID), Access: access(u.Rights),
	}
	if len(u.Embedded.Groups) > 0 {
		out.Group = u.Embedded.Groups[0].Name
	}
	if len(u.Embedded.Roles) > 0 {
		out.Role = u.Embedded.Roles[0].Name
	}
	return out
}

// access puts the rights to leads into a word. A right is A all, G group, M own, D denied.
func access(r kommo.UserRights) string {
	switch {
	case r.Admin:
		return "admin"
	case r.Leads.View == "D":
		return "nothing"
	case r.Leads.Edit == "D":
		return "view only"
	case r.Leads.Edit == "M":
		return "own"
	case r.Leads.Edit == "G":
		return "own group"
	case r.Leads.Edit == "A":
		return "everything"
	default:
		return ""
	}
}

func (s source) lossReasons(ctx context.Context) (List[LossReason], error) {
	return listed(ctx, "this token may not read the loss reasons", func(ctx context.Context) ([]LossReason, error) {
		in, err := s.api.LossReasons.List(ctx)
		out := make([]LossReason, 0, len(in))
		for _, r := range in {
			out = append(out, LossReason{ID: r.ID, Name: r.Name})
		}
		return out, err
	})
}

func (s source) fields(entity Entity) func(context.Context) (List[Field], error) {
	return func(ctx context.Context) (List[Field], error) {
		reason := "this token may not read the custom fields of " + entityWord(entity)
		return listed(ctx, reason, func(ctx context.Context) ([]Field, error) {
			in, err := kommo.Collect(s.api.CustomFields.All(ctx, entity))
			out := make([]Field, 0, len(in))
			for _, f := range in {
				out = append(out, fieldOf(f, entity))
			}
			return out, err
		})
	}
}

func fieldOf(f kommo.CustomField, entity Entity) Field {
	out := Field{
		ID: f.ID, Name: f.Name, Code: deref(f.Code), Type: f.Type, Entity: entity, Currency: deref(f.Currency),
		Computed: f.Computed, APIOnly: f.APIOnly,
	}
	enums := slices.SortedStableFunc(slices.Values(f.Enums), func(a, b kommo.Enum) int { return cmp.Compare(a.Sort, b.Sort) })
	for _, e := range enums {
		out.Options = append(out.Options, FieldOption{ID: e.ID, Label: e.Value, Code: deref(e.Code)})
	}
	for _, n := range f.Tree() {
		o := FieldOption{ID: n.ID, Label: n.Value}
		if len(n.Path) > 1 {
			o.Path = strings.Join(n.Path, CategorySlash)
		}
		out.Options = append(out.Options, o)
	}
	return out
}

func deref[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
