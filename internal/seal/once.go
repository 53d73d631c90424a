package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// seen is what tells a file, as it was when it was found whole.
type seen [16]byte

// memory is what is known of the files of a folder. On disk it is the same: one seen after another.
type memory struct {
	mu    sync.Mutex
	known map[seen]bool
	path  string // "" where there is no place for it
}

const memoryMost = 4 << 20 // bytes on disk, beyond which it begins anew

var (
	memoriesMu sync.Mutex
	memories   = map[string]*memory{}
)

// Once calls check of an open file that is below folder, unless it returned nil before for the same file and sum, in whatever process. sum
// is what the file is held against, "" where it says so itself. It returns check's error, or one of the file system.
func Once(folder string, f *os.File, sum string, check func() error) error {
	id, fresh, err := tell(f, sum)
	if err != nil {
		return err
	}
	m := remembered(folder)
	if m.has(id) {
		return nil
	}
	if err := check(); err != nil {
		return err
	}
	// What was written while it was read, or is so new that another write would bear the same time, is read again.
	if again, _, err := tell(f, sum); err == nil && again == id && !fresh {
		m.add(id)
	}
	return nil
}

// Instants within which two writes may bear the same time: of a clock that ticks every few milliseconds, and of file systems that keep seconds.
const fine, coarse = 50 * time.Millisecond, 2 * time.Second

// tell returns what tells a file, and whether it has just been written.
func tell(f *os.File, sum string) (id seen, fresh bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return id, false, &os.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	text := append([]byte(f.Name()), 0)
	text = append(append(text, sum...), 0)
	for _, n := range []int64{int64(st.Size), int64(st.Ino), st.Mtim.Nano(), st.Ctim.Nano()} {
		text = binary.LittleEndian.AppendUint64(text, uint64(n))
	}
	digest := sha256.Sum256(text)
	window := fine
	if st.Mtim.Nano()%int64(time.Second) == 0 {
		window = coarse
	}
	fresh = time.Since(time.Unix(0, max(st.Mtim.Nano(), st.Ctim.Nano()))) < window
	return seen(digest[:len(id)]), fresh, nil
}

// remembered returns what is known of a folder's files, read from the user's cache the first time.
func remembered(folder string) *memory {
	memoriesMu.Lock()
	defer memoriesMu.Unlock()
	m := memories[folder]
	if m == nil {
		m = &memory{known: map[seen]bool{}}
		memories[folder] = m
		m.load(folder)
	}
	return m
}

func (m *memory) load(folder string) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return
	}
	dir = filepath.Join(dir, "tdlake", "checked")
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	name := sha256.Sum256([]byte(folder))
	m.path = filepath.Join(dir, hex.EncodeToString(name[:16]))
	text, err := os.ReadFile(m.path)
	if err != nil {
		return
	}
	if len(text)%len(seen{}) != 0 || len(text) > memoryMost {
		os.Remove(m.path) // a line that was cut short would shift all that follow
		return
	}
	for ; len(text) > 0; text = text[len(seen{}):] {
		m.known[seen(text)] = true
	}
}

func (m *memory) has(id seen) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[id]
}

// add remembers a file. Where that cannot be written the file is summed again by the next process.
func (m *memory) add(id seen) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[id] = true
	if m.path == "" {
		return
	}
	f, err := os.OpenFile(m.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	f.Write(id[:])
}
