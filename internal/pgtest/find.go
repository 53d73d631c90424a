package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// binaries finds the folder that holds initdb and postgres.
func binaries() (string, error) {
	if dir := os.Getenv("TDLAKE_PG_BIN"); dir != "" {
		if !complete(dir) {
			return "", fmt.Errorf("TDLAKE_PG_BIN: no initdb and postgres in %s", dir)
		}
		return dir, nil
	}
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/local/pgsql/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found) // the latest first
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL server is installed (scripts/install-postgres.sh installs one)")
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// owner is the user to run the server as: nil for the one we are.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// temporary is a folder for temporary files that the server's user can enter. It is not a test's own, whose name may be
// too long for a socket's.
func temporary(as *syscall.Credential) string {
	if as == nil {
		return os.TempDir()
	}
	for dir := os.TempDir(); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return "/tmp"
		}
		if dir == filepath.Dir(dir) {
			return os.TempDir()
		}
	}
}
