// Package store keeps what must survive a restart: which jobs were begun under
// which key and how far they got, the calls that wait for Kommo, which records
// are known to be whose, and the rate that several processes share.
//
// One SQLite file in the state directory serves all processes of this machine
// at once: write-ahead log, and every change is one short transaction. A killed
// process loses nothing; what must survive the end of the machine too (grants, what
// was given out, marks of what will be sent, calls that wait) is committed with
// synchronous FULL through a connection of its own, the rest with NORMAL. Nothing is
// opened until it is needed, so that a server lists its tools without touching the
// disk.
//
// With a Sealer all that says who called or what was said is encrypted: bodies and
// reasons, and the names that rows are found by, of which keyed digests are kept.
package store
