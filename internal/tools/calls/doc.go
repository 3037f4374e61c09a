// Package calls holds the tools of the toolset calls, one a file: the calls that
// were accepted and could not be written yet.
package calls

// toolset is the name under which these tools are switched on.
const toolset = "calls"
