// Package auth connects Kommo accounts: the link to Kommo's consent page, what
// comes back from it, the exchange for tokens, and their renewal for years.
//
// Kommo's refresh tokens are good once, so three rules hold everywhere. One
// refresher an account, over all processes of a state directory (a lease in the
// store). The new pair is on the disk before anybody uses it. And an exchange
// whose answer was lost may have been carried out: the same refresh token is
// presented once more, and Kommo's answer to that decides. See
// docs/decisions/0005-grants.md for the recovery.
package auth
