// Package events holds the tools of the toolset events, one a file: what
// happened in the account, and what was noted.
package events

// toolset is the name under which these tools are switched on.
const toolset = "events"
