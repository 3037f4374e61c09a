//go:build !unix

package store

import "io/fs"

// Where rights are lists that the directory above hands down, nothing has to be closed
// file by file: the user's own directory is closed to others.
func isClosed(fs.FileInfo) bool    { return true }
func isOwner(fs.FileInfo) bool     { return true }
func isStrangers(fs.FileInfo) bool { return false }
