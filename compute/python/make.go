package python

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ensure returns the interpreter of an environment with exactly the packages of d, making it where it isn't there. It is made
// under a temporary name, by one process at a time, and renamed when it is whole: a folder with the right name is an
// environment that works. e.mu is held.
func (e *Environments) ensure(ctx context.Context, env Environment, d described) (string, error) {
	root, err := e.root()
	if err != nil {
		return "", err
	}
	dir := e.folder(root, d)
	python := filepath.Join(dir, "bin", "python")
	if exists(python) {
		return python, nil
	}
	unlock, err := lockFolder(ctx, dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(python) { // another process was faster
		return python, nil
	}
	e.settings.Say("making the environment %s (%d packages) in %s", env.Name, len(d.Packages), dir)
	half := dir + ".part"
	if err := os.RemoveAll(half); err != nil { // left by one that was killed: the lock says that nobody is at work on it
		return "", err
	}
	if err := e.make(ctx, half, d); err != nil {
		return "", errors.Join(errorf(hintOf(err), "the environment %s cannot be made: %v", env.Name, err), os.RemoveAll(half))
	}
	// What is there has no interpreter any more: the one that it links to was removed, or moved by an upgrade.
	if err := errors.Join(os.RemoveAll(dir), os.Rename(half, dir)); err != nil {
		return "", err
	}
	return python, nil
}

func (e *Environments) make(ctx context.Context, dir string, d described) error {
	python := filepath.Join(dir, "bin", "python")
	packages := strings.Join(d.Packages, "\n") + "\n"
	if uv := e.uv(); uv != "" {
		base := d.Python // uv finds one of that version, or fetches it
		if path, err := e.base(ctx, d.Python); err == nil {
			base = path
		}
		if _, err := e.run(ctx, "", uv, "venv", "--quiet", "--python", base, dir); err != nil {
			return err
		}
		if _, err := e.run(ctx, packages, uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "-r", "-"); err != nil {
			return err
		}
	} else {
		base, err := e.base(ctx, d.Python)
		if err != nil {
			return err
		}
		if _, err := e.run(ctx, "", base, "-m", "venv", dir); err != nil {
			return err
		}
		if _, err := e.run(ctx, packages, python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input", "-r", "/dev/stdin"); err != nil {
			return err
		}
	}
	if _, err := e.run(ctx, "", python, "-c", "import pyarrow.ipc"); err != nil {
		return errorf("", "pyarrow does not work there: %v", err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lockFolder waits until no other process works on a folder. The lock is a file beside it, which the system lets go when its
// holder ends, however that comes.
func lockFolder(ctx context.Context, dir string) (unlock func(), err error) {
	f, err := os.OpenFile(dir+".lock", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// writeFile writes a file so that readers see all of it or what was there before.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
