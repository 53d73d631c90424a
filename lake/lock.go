package lake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is the right to write to a date range. It ends with Unlock or with the process.
type Lock struct{ d *DateRange }

// Lock takes the writer's lock, making the date range's folder where it is missing. It does not wait: where another process
// writes it returns a *LockedError. Within one DateRange it may be taken again; the last Unlock gives it back.
func (d *DateRange) Lock(ctx context.Context) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holds == 0 {
		f, err := d.takeLock()
		if err != nil {
			return nil, err
		}
		d.lock = f
		if err := d.recoverSwap(); err != nil {
			d.lock.Close()
			d.lock = nil
			return nil, err
		}
	}
	d.holds++
	return &Lock{d}, nil
}

func (d *DateRange) takeLock() (*os.File, error) {
	path := filepath.Join(d.dir, lockName)
	for {
		if isLink(d.dir) {
			return nil, &WriteError{d.dir, &linkError{d.dir}}
		}
		if err := makeDir(d.fs, d.dir); err != nil {
			return nil, err
		}
		f, err := openLock(path)
		if err != nil {
			return nil, &WriteError{path, err}
		}
		err = lockFile(f)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			defer f.Close()
			return nil, &LockedError{d.dir, holder(f)}
		case err != nil:
			f.Close()
			return nil, &WriteError{path, err}
		}
		if !sameFile(f, path) { // a refresh swapped the folder, or gc removed it, before we had the lock
			f.Close()
			continue
		}
		// For the message of whoever finds it locked. Nothing depends on it.
		if alone(f) && f.Truncate(0) == nil {
			f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		}
		return f, nil
	}
}

// askers is how long those who only ask whether someone writes may keep a writer waiting: beingWritten takes microseconds.
const askers = time.Second

// lockFile locks the file, or returns EWOULDBLOCK where a writer has it. A lock that can be shared is that of one who asks
// whether someone writes, not a writer's: it is waited for.
func lockFile(f *os.File) error {
	fd := int(f.Fd())
	for end := time.Now().Add(askers); ; time.Sleep(time.Millisecond) {
		err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(end) {
			return err
		}
		if err := unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB); err != nil {
			return err
		}
		if err := unix.Flock(fd, unix.LOCK_UN); err != nil {
			return err
		}
	}
}

func sameFile(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

func holder(f *os.File) int {
	buf := make([]byte, 32)
	n, _ := f.ReadAt(buf, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	return pid
}

// Unlock gives the lock back. It may be called again.
func (l *Lock) Unlock() {
	if l == nil || l.d == nil {
		return
	}
	d := l.d
	l.d = nil
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holds--; d.holds == 0 {
		d.lock.Close()
		d.lock = nil
	}
}
