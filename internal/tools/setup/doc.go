// Package setup holds the opt-in toolset setup: pipelines, stages, custom fields
// and their groups, tags, sources and message templates. One file a tool.
package setup

// toolset is how operators name these tools.
const toolset = "setup"
