// Package webhooks holds the opt-in toolset webhooks: who is told of the account's
// events. One file a tool.
package webhooks

// toolset is how operators name these tools.
const toolset = "webhooks"
