// Package authserver is our own authorization server (OAuth 2.1 as the MCP revisions
// 2025-11-25 and 2026-07-28 ask for it) in front of Kommo's consent.
//
// A client comes to /authorize, the person sees on our page who asks for what, and
// on Kommo's page chooses the account. The client gets opaque tokens of ours, good
// at our MCP endpoint alone; Kommo's tokens never leave the server. Codes and tokens
// are tickets of the store, kept under their digests; all that came of one consent is
// a family and ends in one go. See docs/decisions/0007-authorization-server.md.
package authserver
