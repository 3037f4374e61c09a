package sandbox

import "slices"

// crmRoutes are the routes of everything around a lead: cards, links, tags, fields,
// notes, tasks, calls and the event log.
func crmRoutes() []route {
	return slices.Concat(
		cardRoutes(),
		fieldRoutes(),
		noteRoutes(),
		taskRoutes(),
		linkRoutes(),
		tagRoutes(),
		complexRoutes(),
		callRoutes(),
		eventRoutes(),
	)
}
