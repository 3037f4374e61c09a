package sandbox

// rights are a user's or a role's: A all, G group, M own, D denied (Kommo API
// facts: users and roles).
type rights struct {
	Leads         entityRights  `json:"leads"`
	Contacts      entityRights  `json:"contacts"`
	Companies     entityRights  `json:"companies"`
	Tasks         taskRights    `json:"tasks"`
	MailAccess    bool          `json:"mail_access"`
	CatalogAccess bool          `json:"catalog_access"`
	FilesAccess   bool          `json:"files_access"`
	StatusRights  []statusRight `json:"status_rights"`
	CatalogRights any           `json:"catalog_rights"`
	FieldRights   any           `json:"custom_fields_rights"`
	DayReports    bool          `json:"oper_day_reports_view_access"`
	DayTracking   bool          `json:"oper_day_user_tracking"`
	IsAdmin       bool          `json:"is_admin"`
	IsFree        bool          `json:"is_free"`
	IsActive      bool          `json:"is_active"`
	GroupID       *int64        `json:"group_id"`
	RoleID        *int64        `json:"role_id"`
}

type entityRights struct {
	View   string `json:"view"`
	Edit   string `json:"edit"`
	Add    string `json:"add"`
	Delete string `json:"delete"`
	Export string `json:"export"`
}

type taskRights struct {
	Edit   string `json:"edit"`
	Delete string `json:"delete"`
}

type statusRight struct {
	EntityType string      `json:"entity_type"`
	PipelineID int64       `json:"pipeline_id"`
	StatusID   int64       `json:"status_id"`
	Rights     stageRights `json:"rights"`
}

type stageRights struct {
	View   string `json:"view"`
	Edit   string `json:"edit"`
	Delete string `json:"delete"`
	Export string `json:"export,omitempty"`
}

// level gives one right on all three entities.
func level(l string) entityRights {
	add := "A"
	if l == "D" {
		add = "D"
	}
	return entityRights{View: l, Edit: l, Add: add, Delete: l, Export: l}
}

func adminRights() rights {
	all := level("A")
	return rights{
		Leads: all, Contacts: all, Companies: all, Tasks: taskRights{"A", "A"},
		MailAccess: true, CatalogAccess: true, FilesAccess: true, IsAdmin: true, IsActive: true,
	}
}

// memberRights are those of a user who is no administrator, at one level.
func memberRights(l string) rights {
	return rights{
		Leads: level(l), Contacts: level(l), Companies: level(l), Tasks: taskRights{l, l}, IsActive: true,
	}
}

// on returns the rights for an entity type; administrators have all.
func (r *rights) on(entity string) entityRights {
	if r.IsAdmin {
		return level("A")
	}
	switch entity {
	case "leads":
		return r.Leads
	case "contacts":
		return r.Contacts
	case "companies":
		return r.Companies
	}
	return level("A")
}

// covers tells whether a right's letter reaches a record of that responsible user.
func (c *call) covers(letter string, responsible int64) bool {
	switch letter {
	case "A":
		return true
	case "G":
		return responsible == c.user.ID || c.a.groupOf(responsible) == c.a.groupOf(c.user.ID)
	case "M":
		return responsible == c.user.ID
	}
	return false
}

// maySee and mayEdit judge a record by its responsible user.
func (c *call) maySee(entity string, responsible int64) bool {
	return c.covers(c.user.Rights.on(entity).View, responsible)
}

func (c *call) mayEdit(entity string, responsible int64) bool {
	return c.covers(c.user.Rights.on(entity).Edit, responsible)
}

func (c *call) mayAdd(entity string) bool { return c.user.Rights.on(entity).Add == "A" }

// stageOf returns the user's rights on a stage; nil when the stage has none of its
// own.
func (r *rights) stageOf(pipelineID, statusID int64) *stageRights {
	for i, s := range r.StatusRights {
		if s.PipelineID == pipelineID && s.StatusID == statusID && !r.IsAdmin {
			return &r.StatusRights[i].Rights
		}
	}
	return nil
}
