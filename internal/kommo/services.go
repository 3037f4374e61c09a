package kommo

// services groups the resource clients that Client embeds, so that callers
// write c.Leads.List and the transport does not list resources.
type services struct {
	Account      *AccountService
	Users        *UsersService
	Roles        *RolesService
	Pipelines    *PipelinesService
	LossReasons  *LossReasonsService
	CustomFields *CustomFieldsService
	Leads        *LeadsService
	Contacts     *ContactsService
	Companies    *CompaniesService
	Links        *LinksService
	Tags         *TagsService
	Notes        *NotesService
	Tasks        *TasksService
	Calls        *CallsService
	Events       *EventsService
	Webhooks     *WebhooksService
	Templates    *TemplatesService
	Sources      *SourcesService
	Files        *FilesService
	Unsorted     *UnsortedService
	Catalogs     *CatalogsService
	Elements     *ElementsService
	Bots         *BotsService
}

// newServices binds every resource to one client.
func newServices(c *Client) services {
	return services{
		Account:      &AccountService{c: c},
		Users:        &UsersService{c: c},
		Roles:        &RolesService{c: c},
		Pipelines:    &PipelinesService{c: c},
		LossReasons:  &LossReasonsService{c: c},
		CustomFields: &CustomFieldsService{c: c},
		Leads:        &LeadsService{c: c},
		Contacts:     &ContactsService{c: c},
		Companies:    &CompaniesService{c: c},
		Links:        &LinksService{c: c},
		Tags:         &TagsService{c: c},
		Notes:        &NotesService{c: c},
		Tasks:        &TasksService{c: c},
		Calls:        &CallsService{c: c},
		Events:       &EventsService{c: c},
		Webhooks:     &WebhooksService{c: c},
		Templates:    &TemplatesService{c: c},
		Sources:      &SourcesService{c: c},
		Files:        &FilesService{c: c},
		Unsorted:     &UnsortedService{c: c},
		Catalogs:     &CatalogsService{c: c},
		Elements:     &ElementsService{c: c},
		Bots:         &BotsService{c: c},
	}
}
