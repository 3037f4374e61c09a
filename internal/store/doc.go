// Package store keeps what must survive a restart: which jobs were begun under
// which key and how far they got, the calls that wait for Kommo, which records
// are known to be whose, and the rate that several processes share.
//
// One SQLite file in the state directory serves all processes of this machine
// at once: write-ahead log, synchronous NORMAL (a killed process loses nothing),
// and every change is one short transaction. Nothing is opened until it is
// needed, so that a server lists its tools without touching the disk.
package store
