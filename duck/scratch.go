package duck

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// scratchPrefix begins the names of folders to spill to; scratchLock is held in each by the process whose it is.
const scratchPrefix, scratchLock = "tdlake-spill-", "lock"

// unlocked is how long a folder may be without a lock: whoever makes one locks it at once.
const unlocked = time.Hour

var sweepScratch = sync.OnceFunc(func() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*")) // the pattern is one
	for _, dir := range left {
		if abandoned(dir) {
			os.RemoveAll(dir) // what cannot be removed is in nobody's way
		}
	}
})

// Scratch makes a folder for Options.TempDir. done removes it. Those of processes that were killed are removed as well: their locks ended with them.
func Scratch() (dir string, done func() error, err error) {
	sweepScratch()
	for try := 0; ; try++ {
		if dir, err = os.MkdirTemp("", scratchPrefix); err != nil {
			return "", nil, err
		}
		lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			if err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
				return dir, func() error { return errors.Join(os.RemoveAll(dir), lock.Close()) }, nil
			}
			lock.Close()
		}
		if try == 10 { // else another process took it for one that was left, in the moment before it was locked
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
}

// abandoned reports whether a folder is ours and the process that made it is gone.
func abandoned(dir string) bool {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() {
		return false
	}
	lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Since(time.Unix(0, st.Mtim.Nano())) > unlocked
	}
	if err != nil {
		return false
	}
	defer lock.Close()
	return unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
