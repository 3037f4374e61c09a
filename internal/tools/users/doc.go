// Package users holds the tools of the toolset users, one a file: who works in
// the account and what they may do.
package users

// toolset is the name under which these tools are switched on.
const toolset = "users"
