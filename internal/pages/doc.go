// Package pages draws the few pages that this server shows to people: how they
// connect an account, and what they allow a program to do. They are drawn on the
// server, from blocks, so that whoever makes a page writes no HTML and nothing goes
// out unescaped. They need no script, and none runs in them.
package pages
