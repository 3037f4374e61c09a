// Package incoming holds the tools of the toolset incoming: leads that wait to be
// accepted.
package incoming

const toolset = "incoming"
