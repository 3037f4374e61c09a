package sandbox

import (
	"net/http"
	"slices"
)

func unsortedCategories() []string { return []string{"sip", "mail", "forms", "chats"} }

// Incoming leads are called unsorted by the API (Kommo API facts: incoming leads). Order is ignored: always the
// newest first.
func unsortedRoutes() []route {
	const all = "/leads/unsorted"
	return []route{
		{Method: "GET", Path: all, Do: listUnsorted, Order: []string{"created_at", "updated_at"}, Query: []string{
			"filter[uid]", "filter[category]", "filter[pipeline_id]",
		}},
		{Method: "GET", Path: all + "/summary", Do: unsortedSummary, Query: []string{
			"filter[uid]", "filter[created_at][from]", "filter[created_at][to]", "filter[pipeline_id]",
		}},
		{Method: "GET", Path: all + "/{uid}", Do: getUnsorted},
		{Method: "POST", Path: all + "/{category:forms|sip}", Do: createUnsorted},
		{Method: "POST", Path: all + "/{uid}/accept", Do: acceptUnsorted},
		{Method: "DELETE", Path: all + "/{uid}/decline", Do: declineUnsorted},
		{Method: "POST", Path: all + "/{uid}/link", Do: linkUnsorted},
	}
}

type unsortedView struct {
	UID        string `json:"uid"`
	SourceUID  string `json:"source_uid"`
	SourceName string `json:"source_name"`
	Category   string `json:"category"`
	PipelineID int64  `json:"pipeline_id"`
	CreatedAt  int64  `json:"created_at"`
	Metadata   object `json:"metadata"`
	AccountID  int64  `json:"account_id"`
	Links      links  `json:"_links"`
	Embedded   object `json:"_embedded"`
}

func unsortedPath(uid string) string { return "/leads/unsorted/" + uid }

// readUnsorted shows only ids of what it made (Kommo API facts: incoming leads).
func (c *call) readUnsorted(u *incoming, self func(string) links) unsortedView {
	return unsortedView{
		UID: u.UID, SourceUID: u.SourceUID, SourceName: u.SourceName, Category: u.Category, PipelineID: u.PipelineID,
		CreatedAt: u.CreatedAt, Metadata: u.Metadata, AccountID: c.a.id, Links: self(unsortedPath(u.UID)), Embedded: c.unsortedParts(u, self),
	}
}

func (c *call) unsortedParts(u *incoming, self func(string) links) object {
	rows := func(entity string, id int64) []embeddedEntity {
		if id == 0 {
			return []embeddedEntity{}
		}
		return []embeddedEntity{{id, self(cardPath(entity, id))}}
	}
	return object{"leads": rows("leads", u.LeadID), "contacts": rows("contacts", u.ContactID), "companies": rows("companies", u.CompanyID)}
}

func listUnsorted(c *call) answer {
	var rows []*incoming
	for _, u := range incomings(c.a).all() {
		if u.State == "" && matchText(c.q, u.UID, "filter", "uid") && matchText(c.q, u.Category, "filter", "category") &&
			matchIDs(c.q, u.PipelineID, "filter", "pipeline_id") {
			rows = append(rows, u)
		}
	}
	slices.SortStableFunc(rows, func(x, y *incoming) int { return int(y.CreatedAt - x.CreatedAt) })
	return list(c, paging{}, "unsorted", "/leads/unsorted", rows, func(u *incoming) unsortedView {
		return c.readUnsorted(u, c.selfItem)
	})
}

// waiting is the incoming lead of the path, nil when there is none or it was sorted.
func (c *call) waiting() *incoming {
	for _, u := range incomings(c.a).all() {
		if u.UID == c.args["uid"] && u.State == "" {
			return u
		}
	}
	return nil
}

func unsortedMissing() answer { return problem(http.StatusNotFound, "Unsorted not found") }

func getUnsorted(c *call) answer {
	u := c.waiting()
	if u == nil {
		return unsortedMissing()
	}
	return ok(c.readUnsorted(u, c.self))
}

// unsortedSummary counts all there were, sorted ones included.
func unsortedSummary(c *call) answer {
	total, accepted, declined, sorting := 0, 0, 0, int64(0)
	categories := map[string]int{}
	for _, u := range incomings(c.a).all() {
		if !matchText(c.q, u.UID, "filter", "uid") || !matchIDs(c.q, u.PipelineID, "filter", "pipeline_id") ||
			!matchTime(c.q, &u.CreatedAt, "filter", "created_at") {
			continue
		}
		total++
		categories[u.Category]++
		switch u.State {
		case "accepted":
			accepted++
		case "declined":
			declined++
		}
		if u.State != "" {
			sorting += u.SortedAt - u.CreatedAt
		}
	}
	average := int64(0)
	if n := int64(accepted + declined); n > 0 {
		average = sorting / n
	}
	byCategory := object{}
	for _, name := range unsortedCategories() {
		byCategory[name] = object{"total": categories[name]}
	}
	return ok(object{
		"total": total, "accepted": accepted, "declined": declined, "average_sort_time": average, "categories": byCategory,
		"_links": c.self("/leads/unsorted/summary"),
	})
}
