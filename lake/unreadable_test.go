package lake

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// deadDisk is a file on a disk that does not answer from the n-th read on.
type deadDisk struct {
	r     io.ReaderAt
	reads int
	err   error
}

func (d *deadDisk) ReadAt(p []byte, at int64) (int, error) {
	if d.reads--; d.reads < 0 {
		return 0, &os.PathError{Op: "read", Path: "part", Err: d.err}
	}
	return d.r.ReadAt(p, at)
}

// TestADiskThatDoesNotAnswerIsNoDamage fails every read of a file in turn.
func TestADiskThatDoesNotAnswerIsNoDamage(t *testing.T) {
	path, size := storeFrame(t, sampleFrame(0, 400, someMissing))
	for _, errno := range []syscall.Errno{syscall.EIO, syscall.ESTALE} {
		for reads := 0; ; reads++ {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			p, err := openParquet(&deadDisk{f, reads, errno}, size, groupRows)
			if err == nil {
				err = p.readAll()
			}
			f.Close()
			if err == nil {
				if reads < 5 {
					t.Errorf("only %d reads", reads)
				}
				break
			}
			said := Unreadable(path, err, "remove that file")
			var read *ReadError
			if !errors.As(said, &read) || !errors.Is(said, errno) || !strings.Contains(read.Hint(), "remove nothing") {
				t.Errorf("read %d: %v (%T)", reads, said, said)
			}
		}
	}
	damage := (*DamageError)(nil)
	if err := Unreadable(path, errors.New("not what was written"), "remove that file"); !errors.As(err, &damage) || damage.Hint() != "remove that file" {
		t.Errorf("damage: %v", err)
	}
}
