// Package files holds the opt-in toolset files: the account's Drive and the files
// of cards. One file a tool.
//
// Content comes inside the call, as text or base64. No tool takes a path: over
// HTTP it would be a path of the server, and over stdio a text of the CRM could
// lead a model to store a private file where a whole team reads it.
package files

// toolset is how operators name these tools.
const toolset = "files"
