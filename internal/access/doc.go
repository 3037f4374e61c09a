// Package access gives out our own access keys: secrets with which programs that can
// only send a header come in over HTTP, each bound to one account, a mode, toolsets,
// an optional rate and an optional end. A key is shown once; what is kept of it is
// its digest, and what it may do.
package access
