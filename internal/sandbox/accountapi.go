package sandbox

import (
	"strings"
	"time"
)

func accountRoutes() []route {
	return []route{{Method: "GET", Path: "/account", Do: getAccount, With: []string{
		"amojo_id", "amojo_rights", "users_groups", "task_types", "version", "entity_names", "datetime_settings",
		"drive_url", "is_api_filter_enabled", "invoices_settings", "uuid",
	}}}
}

// taskType is a kind of task; 1 and 2 are there from the start.
type taskType struct {
	ID     int64   `json:"id"`
	Name   string  `json:"name"`
	Color  *string `json:"color"`
	IconID *int64  `json:"icon_id"`
	Code   *string `json:"code"`
}

func taskTypes(a *account) *table[taskType] { return tableFor[taskType](a, "task_types", 2_700_001) }

// getAccount has no query in its self link (Kommo API facts: account).
func getAccount(c *call) answer {
	p := &c.a.profile
	o := object{
		"id": c.a.id, "name": p.name, "subdomain": p.subdomain, "language": p.language,
		"created_at": p.createdAt, "created_by": p.createdBy, "updated_at": p.createdAt, "updated_by": p.createdBy,
		"current_user_id": c.user.ID, "country": p.country, "currency": p.currency, "currency_symbol": p.currencySymbol,
		"customers_mode": p.customersMode, "is_unsorted_on": p.unsortedOn, "mobile_feature_version": 0,
		"is_loss_reason_enabled": p.lossReasons, "is_helpbot_enabled": p.helpbot, "is_technical_account": false,
		"contact_name_display_order": p.contactNameOrder, "_links": c.self("/account"),
	}
	for name, value := range accountExtras(c.a) {
		if c.with(name) {
			o[name] = value
		}
	}
	if c.with("drive_url") {
		o["drive_url"] = c.driveBase() // the listener itself for callers by its address
	}
	if emb := c.accountEmbedded(); len(emb) > 0 {
		o["_embedded"] = emb
	}
	return ok(o)
}

func accountExtras(a *account) object {
	p := &a.profile
	return object{
		"amojo_id": p.amojoID, "version": 14, "uuid": p.uuid, "drive_url": p.driveURL,
		"is_api_filter_enabled": !a.sw.FilteringOff,
		"invoices_settings":     object{"lang": p.language, "invoices_catalog_id": nil},
		"entity_names": object{"leads": object{
			p.language: object{
				"gender": "m", "plural_form": object{"dative": "leads", "default": "leads", "genitive": "leads", "accusative": "leads", "instrumental": "leads", "prepositional": "leads"},
				"singular_form": object{"dative": "lead", "default": "lead", "genitive": "lead", "accusative": "lead", "instrumental": "lead", "prepositional": "lead"},
			},
		}},
	}
}

func (c *call) accountEmbedded() object {
	emb := object{}
	if c.with("amojo_rights") {
		emb["amojo_rights"] = object{"can_direct": true, "can_create_groups": true}
	}
	if c.with("users_groups") {
		list := []object{}
		for _, g := range groups(c.a).all() {
			list = append(list, object{"id": g.ID, "name": g.Name, "uuid": g.UUID})
		}
		emb["users_groups"] = list
	}
	if c.with("task_types") {
		list := []*taskType{}
		for _, t := range taskTypes(c.a).all() {
			list = append(list, t)
		}
		emb["task_types"] = list
	}
	if c.with("datetime_settings") {
		emb["datetime_settings"] = datetimeSettings(c.a)
	}
	return emb
}

func datetimeSettings(a *account) object {
	p := &a.profile
	offset := "+00:00"
	if loc, err := time.LoadLocation(p.timezone); err == nil {
		offset = a.clock().In(loc).Format("-07:00")
	}
	return object{
		"date_pattern": p.datePattern + " " + p.timePattern, "short_date_pattern": p.datePattern,
		"short_time_pattern": p.timePattern, "date_format": p.dateFormat, "time_format": p.timePattern + ":s",
		"timezone": p.timezone, "timezone_offset": offset,
	}
}

// settle fills what every account has from its first day, where the seed left it
// out: the default group and the two task types.
func (a *account) settle() {
	if !groups(a).has(0) {
		groups(a).put(0, &group{ID: 0, Name: "Sales department"})
	}
	for id, t := range map[int64][2]string{1: {"Follow-up", "FOLLOW_UP"}, 2: {"Meeting", "MEETING"}} {
		if !taskTypes(a).has(id) {
			code := t[1]
			taskTypes(a).put(id, &taskType{ID: id, Name: t[0], Code: &code})
		}
	}
	p := &a.profile
	if p.uuid == "" {
		p.uuid = newUUID()
	}
	if p.amojoID == "" {
		p.amojoID = newUUID()
	}
	if strings.TrimSpace(p.name) == "" {
		p.name = p.subdomain
	}
}
