package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// probeSize is what a probe writes: a block of most file systems.
const probeSize = 4096

// Probe tells whether lines could be kept in a file, and leaves nothing behind: it
// makes neither the file nor its directory, which are made at the start and at the
// first line. there is whether the file is there.
func Probe(path string) (there bool, err error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0)
	switch {
	case err == nil:
		there = true
		if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
			return there, errors.Join(err, file.Close())
		}
		if err := file.Close(); err != nil {
			return there, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); !there && errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := probeRoom(dir); err != nil && (!there || !errors.Is(err, fs.ErrPermission)) {
		return there, err
	}
	return there, nil
}

// probeRoom writes a little beside the file: whether the disk is full cannot be told
// otherwise.
func probeRoom(dir string) (err error) {
	file, err := os.CreateTemp(dir, ".audit-probe-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if _, err := file.Write(make([]byte, probeSize)); err != nil {
		return err
	}
	return file.Sync()
}
