package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// What --output names may be a link, which stays one, and no file at all, such as a pipe.

// place is where what is asked for is put: the file that a path leads to through links, and the rights that one that is there has.
func place(path string) (target string, mode fs.FileMode, special bool) {
	target = path
	for range 40 { // as many links as systems follow
		info, err := os.Lstat(target)
		switch {
		case err != nil:
			return target, 0, false
		case info.Mode().Type() == fs.ModeSymlink:
			leads, err := os.Readlink(target)
			if err != nil {
				return target, 0, false
			}
			if !filepath.IsAbs(leads) {
				leads = filepath.Join(filepath.Dir(target), leads)
			}
			target = leads
			continue
		case info.Mode().IsRegular():
			return target, info.Mode().Perm(), false
		}
		return target, 0, !info.IsDir()
	}
	return target, 0, false
}

// beside makes a file of a name of its own in a folder, with the rights that the user's umask gives.
func beside(dir string) (*os.File, error) {
	for try := 0; ; try++ {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf(".tdlake-%d", rand.Uint64())), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if try == 100 || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// copyTo writes a file's bytes to what is no file.
func copyTo(special, file string) error {
	to, err := os.OpenFile(special, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(copyFile(to, file), to.Close())
}

func copyFile(w io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
