package sandbox

type user struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Lang   string `json:"lang"`
	Rights rights `json:"rights"`
}

// rights: A all, G group, M own, D denied (Kommo API facts: users and roles).
type rights struct {
	Leads     entityRights `json:"leads"`
	Contacts  entityRights `json:"contacts"`
	Companies entityRights `json:"companies"`
	IsAdmin   bool         `json:"is_admin"`
	IsFree    bool         `json:"is_free"`
	IsActive  bool         `json:"is_active"`
	GroupID   *int64       `json:"group_id"`
	RoleID    *int64       `json:"role_id"`
}

type entityRights struct {
	View   string `json:"view"`
	Edit   string `json:"edit"`
	Add    string `json:"add"`
	Delete string `json:"delete"`
	Export string `json:"export"`
}

func users(a *account) *table[user] { return tableFor[user](a, "users", 10_450_001) }

func adminRights() rights {
	all := entityRights{"A", "A", "A", "A", "A"}
	return rights{Leads: all, Contacts: all, Companies: all, IsAdmin: true, IsActive: true}
}
