// Package automation holds the tools of the toolset automation: bots and loss
// reasons.
package automation

const toolset = "automation"
