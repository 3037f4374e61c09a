//go:build unix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// isClosed tells whether the owner alone has any rights.
func isClosed(info fs.FileInfo) bool { return info.Mode().Perm()&others == 0 }

func isOwner(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// isStrangers tells whether a file is another user's. To root all are its own.
func isStrangers(info fs.FileInfo) bool { return !isOwner(info) && os.Geteuid() != 0 }
