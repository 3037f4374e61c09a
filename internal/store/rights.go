package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
	others   = 0o077 // the rights of everybody but the owner
)

// Private makes a state directory that was there before, and the files in it, the
// owner's alone, as New makes them. It answers in a sentence each what stays open to
// other users, and what to do about that.
//
// A directory that holds other things too, or is somebody else's, may have to be open:
// somebody pointed at /tmp or at the home directory. It is left as it is, and only our
// own files in it are closed.
func Private(dir string) (open []string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil // it is not there yet, or whoever uses it is told
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil
	}
	if why := closeDir(root, dir, entries); why != "" {
		open = append(open, why)
	}
	for _, e := range entries {
		if !isOwn(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if why := closeFile(root, dir, e.Name()); why != "" {
			open = append(open, why)
		}
	}
	return open
}

func closeDir(root *os.Root, dir string, entries []fs.DirEntry) (open string) {
	info, err := root.Stat(".")
	if err != nil || isClosed(info) {
		return ""
	}
	own := filepath.Join(dir, "kommo-mcp")
	is := fmt.Sprintf("%s is open to other users (%o)", dir, info.Mode().Perm())
	if other := notOurs(entries); other != "" || info.Mode()&fs.ModeSticky != 0 {
		if other != "" {
			other = " (" + other + ")"
		}
		return is + " and not for kommo-mcp alone" + other + ", so it is left as it is: set KOMMO_MCP_STATE_DIR to a directory of its own, for example " + own + ", and move the files of kommo-mcp there"
	}
	if !isOwner(info) {
		return is + " and belongs to another user: have that user chmod 700 it, or set KOMMO_MCP_STATE_DIR to a directory of your own, for example " + own
	}
	if err = root.Chmod(".", dirMode); err == nil {
		info, err = root.Stat(".")
	}
	if err != nil || !isClosed(info) {
		return is + " and this cannot be changed here: set KOMMO_MCP_STATE_DIR to a directory on a disk with rights"
	}
	return ""
}

// closeFile closes one file; what stands in its place meanwhile is not followed out of
// the directory.
func closeFile(root *os.Root, dir, name string) (open string) {
	info, err := root.Lstat(name)
	if err != nil || isClosed(info) {
		return ""
	}
	if isOwner(info) {
		if err = root.Chmod(name, fileMode); err == nil {
			info, err = root.Lstat(name)
		}
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && isClosed(info) {
		return ""
	}
	return fmt.Sprintf("%s is open to other users (%o): have its owner chmod 600 it", filepath.Join(dir, name), info.Mode().Perm())
}

// notOurs is the name of something in the directory that is not of kommo-mcp, and
// that systems do not put into every directory.
func notOurs(entries []fs.DirEntry) string {
	for _, e := range entries {
		if name := e.Name(); !isOwn(name) && name != "lost+found" && name != ".DS_Store" {
			return name
		}
	}
	return ""
}

// isOwn tells by its name what kommo-mcp keeps in its state directory: the store and
// the rate with SQLite's files beside them, encryption keys, the audit log and what it
// was rotated to.
func isOwn(name string) bool {
	for _, begin := range [...]string{FileName, lanesFile, "encryption-", "audit.jsonl"} {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return false
}

// planted refuses a file that another user has put where everybody may put files: who
// can change it could take calls out of it, and bring former ones back.
func planted(dir string, file fs.FileInfo) error {
	info, err := os.Stat(dir) //nolint:gosec // G703: whoever runs the program names it
	if err != nil || info.Mode().Perm()&0o002 == 0 || !isStrangers(file) {
		return err
	}
	return fmt.Errorf("%s belongs to another user, in a directory where everybody may put files: set KOMMO_MCP_STATE_DIR to a directory of your own", filepath.Join(dir, file.Name()))
}
