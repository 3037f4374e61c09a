// Package files holds the opt-in toolset files: the account's Drive and the files
// of cards. One file a tool.
package files

// toolset is how operators name these tools.
const toolset = "files"
