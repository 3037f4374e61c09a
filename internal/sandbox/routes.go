package sandbox

// resources lists the routes of every resource, a line each.
func resources() [][]route {
	return withHooks([][]route{
		oauthRoutes(),
		accountRoutes(),
		userRoutes(),
		roleRoutes(),
		pipelineRoutes(),
		statusRoutes(),
		lossReasonRoutes(),
		leadRoutes(),
		crmRoutes(),
		platformRoutes(),
	})
}
