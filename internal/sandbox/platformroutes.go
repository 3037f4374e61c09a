package sandbox

import "slices"

// platformRoutes are the routes of what Kommo offers beside its cards: sources,
// hooks, bots, talks, lists, files and the like.
func platformRoutes() []route {
	return slices.Concat(
		unsortedRoutes(),
		webhookRoutes(),
		sourceRoutes(),
		botRoutes(),
		legacyRoutes(),
		talkRoutes(),
		amojoRoutes(),
		templateRoutes(),
		driveRoutes(),
		catalogRoutes(),
		elementRoutes(),
		customerRoutes(),
		customerStatusRoutes(),
		transactionRoutes(),
		segmentRoutes(),
		widgetRoutes(),
		shortLinkRoutes(),
		miscRoutes(),
		websiteButtonRoutes(),
	)
}
