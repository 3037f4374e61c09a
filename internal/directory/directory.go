package directory

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Section names a piece of the directory that is loaded and cached on its own.
type Section string

// The sections. Task types, groups, currency and time zone are part of the account.
const (
	InAccount       Section = "account"
	InPipelines     Section = "pipelines"
	InUsers         Section = "users"
	InLossReasons   Section = "loss reasons"
	InLeadFields    Section = "fields of leads"
	InContactFields Section = "fields of contacts"
	InCompanyFields Section = "fields of companies"
)

// cached is a section without the type of what it holds.
type cached interface {
	warm(ctx context.Context) error
	renew(ctx context.Context) error
	invalidate()
}

// Directory is what one account calls things. It is safe for concurrent use and makes no request before it is
// asked something.
type Directory struct {
	loads     *loads
	account   *section[Account]
	pipelines *section[[]Pipeline]
	users     *section[List[User]]
	reasons   *section[List[LossReason]]
	fields    map[Entity]*section[List[Field]]
	lists     *lists
	sections  map[Section]cached
}

// Option changes a Directory while New makes it.
type Option func(*loads)

// WithClock replaces the system clock.
func WithClock(clock kommo.Clock) Option { return func(l *loads) { l.clock = clock } }

// WithLogger sets where failed refreshes are logged.
func WithLogger(log *slog.Logger) Option { return func(l *loads) { l.log = log } }

// New makes the directory of the client's account. Close it to end what it does in the background.
func New(client *kommo.Client, opts ...Option) *Directory {
	l := &loads{
		clock: kommo.SystemClock{}, log: slog.New(slog.DiscardHandler),
		running: map[int]context.CancelFunc{},
	}
	for _, opt := range opts {
		opt(l)
	}
	from := source{client}
	d := &Directory{
		loads:     l,
		account:   newSection(string(InAccount), l, from.account),
		pipelines: newSection(string(InPipelines), l, from.pipelines),
		users:     newSection(string(InUsers), l, from.users),
		reasons:   newSection(string(InLossReasons), l, from.lossReasons),
		fields:    map[Entity]*section[List[Field]]{},
		lists:     newLists(l, from),
	}
	d.sections = map[Section]cached{
		InAccount: d.account, InPipelines: d.pipelines, InUsers: d.users, InLossReasons: d.reasons,
	}
	for entity, name := range fieldSections() {
		s := newSection(string(name), l, from.fields(entity))
		d.fields[entity], d.sections[name] = s, s
	}
	return d
}

// FieldsOf names the section of an entity's custom fields; empty for entities without one.
func FieldsOf(entity Entity) Section {
	if isList(entity) {
		return listSection(entity)
	}
	return fieldSections()[entity]
}

func fieldSections() map[Entity]Section {
	return map[Entity]Section{kommo.Leads: InLeadFields, kommo.Contacts: InContactFields, kommo.Companies: InCompanyFields}
}

// Close ends the loads under way and waits for them. Sections loaded before still answer.
func (d *Directory) Close() { d.loads.close() }

// Warm loads the sections that are not loaded yet, all at once, and returns the first error. Stale sections
// are refreshed in the background.
func (d *Directory) Warm(ctx context.Context, sections ...Section) error {
	return d.each(ctx, sections, cached.warm)
}

// Refresh loads the sections anew, all at once; without arguments every section.
func (d *Directory) Refresh(ctx context.Context, sections ...Section) error {
	if len(sections) == 0 {
		sections = slices.Collect(maps.Keys(d.sections))
	}
	return d.each(ctx, sections, cached.renew)
}

func (d *Directory) each(ctx context.Context, sections []Section, do func(cached, context.Context) error) error {
	// No errgroup.WithContext: the first failure must not cut off the others' wait, whose loads go on anyway.
	var g errgroup.Group
	for _, name := range sections {
		s, ok := d.sectionCalled(name)
		if !ok {
			return fmt.Errorf("the directory has no section %q", name)
		}
		g.Go(func() error { return do(s, ctx) })
	}
	return g.Wait()
}

func (s *section[T]) warm(ctx context.Context) error {
	_, _, err := s.get(ctx)
	return err
}

func (s *section[T]) renew(ctx context.Context) error {
	_, err := s.refresh(ctx)
	return err
}

// Account is the account: name, currency, time zone, task types, groups. Do not change what it holds.
func (d *Directory) Account(ctx context.Context) (Account, error) {
	v, _, err := d.account.get(ctx)
	return v, err
}

// Pipelines lists the pipelines with their stages, archived ones last. Do not change what it holds.
func (d *Directory) Pipelines(ctx context.Context) ([]Pipeline, error) {
	v, _, err := d.pipelines.get(ctx)
	return v, err
}

// KnownPipelines is Pipelines without any request: what is known already, or nothing.
func (d *Directory) KnownPipelines() []Pipeline {
	v, _ := d.pipelines.known()
	return v
}

// Users lists the users; unavailable to tokens without admin rights.
func (d *Directory) Users(ctx context.Context) (List[User], error) {
	v, _, err := d.users.get(ctx)
	return v, err
}

// LossReasons lists the reasons for which leads are lost.
func (d *Directory) LossReasons(ctx context.Context) (List[LossReason], error) {
	v, _, err := d.reasons.get(ctx)
	return v, err
}

// TaskTypes lists the kinds of tasks.
func (d *Directory) TaskTypes(ctx context.Context) ([]TaskType, error) {
	v, _, err := d.account.get(ctx)
	return v.TaskTypes, err
}

// Fields lists the custom fields of an entity.
func (d *Directory) Fields(ctx context.Context, entity Entity) (List[Field], error) {
	s, ok := d.fieldsOf(entity)
	if !ok {
		return List[Field]{}, fmt.Errorf("the directory knows no custom fields of %q", entity)
	}
	v, _, err := s.get(ctx)
	return v, err
}
