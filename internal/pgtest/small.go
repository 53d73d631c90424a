package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Small makes a database on a disk of its own of some megabytes, and returns its address and the disk's folder: a tmpfs, which
// only root on Linux can mount. Elsewhere the test is skipped.
func (s *Server) Small(t testing.TB, size string) (url, dir string) {
	t.Helper()
	dir = filepath.Join(s.dir, "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk to fill: a tmpfs cannot be mounted (%v: %s)", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v: %s", dir, err, out)
		}
	})
	if s.as != nil {
		if err := os.Chown(dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	Exec(t, s.URL("postgres"), "create tablespace small location '"+dir+"'")
	return s.Database(t, "tablespace small"), dir
}
