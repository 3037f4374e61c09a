// Package contacts holds the tools of the toolset contacts, one a file: people
// and companies, and what they are linked to.
package contacts

// toolset is the name under which these tools are switched on.
const toolset = "contacts"
