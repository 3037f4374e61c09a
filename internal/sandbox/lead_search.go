package sandbox

import "strconv"

func leadFilters() []string {
	return append([]string{
		"query", "filter[id]", "filter[name]", "filter[pipeline_id]", "filter[created_by]", "filter[updated_by]",
		"filter[responsible_user_id]", "filter[price]", "filter[price][from]", "filter[price][to]",
		"filter[created_at]", "filter[created_at][from]", "filter[created_at][to]",
		"filter[updated_at]", "filter[updated_at][from]", "filter[updated_at][to]",
		"filter[closed_at]", "filter[closed_at][from]", "filter[closed_at][to]",
		"filter[closest_task_at]", "filter[closest_task_at][from]", "filter[closest_task_at][to]",
		"filter[statuses][pipeline_id]", "filter[statuses][status_id]",
	}, fieldValueFilters()...)
}

// findLeads returns the leads of the query in id order: those the user may see,
// from the bin or from outside it, that match filter and query.
func (c *call) findLeads() []*lead {
	var rows []*lead
	bin := c.with("only_deleted")
	search, searching := c.q.get("query"), c.q.get("query") != ""
	for _, l := range leads(c.a).all() {
		if l.Deleted != bin || !c.maySeeLead(l) || !c.a.sw.FilteringOff && !c.matchLead(l) {
			continue
		}
		if searching && !matchQuery(search, l.searchText(c.a)) {
			continue
		}
		rows = append(rows, l)
	}
	return rows
}

func (c *call) matchLead(l *lead) bool {
	q := c.q
	if bin := l.Deleted; bin {
		return matchIDs(q, l.ID, "filter", "id")
	}
	return matchIDs(q, l.ID, "filter", "id") &&
		matchText(q, l.Name, "filter", "name") &&
		matchIDs(q, l.PipelineID, "filter", "pipeline_id") &&
		matchIDs(q, l.CreatedBy, "filter", "created_by") &&
		matchIDs(q, l.UpdatedBy, "filter", "updated_by") &&
		matchIDs(q, l.Responsible, "filter", "responsible_user_id") &&
		matchTime(q, &l.CreatedAt, "filter", "created_at") &&
		matchTime(q, &l.UpdatedAt, "filter", "updated_at") &&
		matchTime(q, l.ClosedAt, "filter", "closed_at") &&
		matchTime(q, c.a.closest(l.ref()), "filter", "closest_task_at") &&
		matchPrice(q, l.Price) && matchStatuses(q, l) &&
		c.a.matchFieldValues(q, "leads", l.Values)
}

func matchPrice(q query, price float64) bool {
	if s, isSpan := q.span("filter", "price"); isSpan {
		return s.contains(price)
	}
	v, err := strconv.ParseFloat(q.get("filter", "price"), 64)
	return err != nil || v == price
}

// matchStatuses tells whether one of filter[statuses][n] fits. A pair without
// status_id or pipeline_id is ignored; an empty pipeline_id with a closed stage
// stands for every pipeline, as it does in practice.
func matchStatuses(q query, l *lead) bool {
	asked := false
	for _, g := range q.groups("filter", "statuses") {
		pipelineID, hasPipeline := g["pipeline_id"]
		statusID, hasStatus := g["status_id"]
		if !hasPipeline || !hasStatus {
			continue
		}
		asked = true
		if statusID == strconv.FormatInt(l.StatusID, 10) &&
			(pipelineID == strconv.FormatInt(l.PipelineID, 10) || pipelineID == "" && l.closed()) {
			return true
		}
	}
	return !asked
}

// searchText is what query looks through: the lead's id, name and field values,
// and the texts of its contacts and companies.
func (l *lead) searchText(a *account) []string {
	texts := append([]string{strconv.FormatInt(l.ID, 10), l.Name}, a.fieldValuesText(l.Values)...)
	for _, k := range a.links.of(l.ref(), "") {
		if o := k.other(l.ref()); o.entity == "contacts" || o.entity == "companies" {
			texts = append(texts, a.textsOf(o)...)
		}
	}
	return texts
}

func (c *call) maySeeLead(l *lead) bool {
	if s := c.user.Rights.stageOf(l.PipelineID, l.StatusID); s != nil && s.View == "D" {
		return false
	}
	return c.maySee("leads", l.Responsible)
}

func (c *call) mayEditLead(l *lead) bool {
	if s := c.user.Rights.stageOf(l.PipelineID, l.StatusID); s != nil && s.Edit == "D" {
		return false
	}
	return c.mayEdit("leads", l.Responsible)
}
