package python

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestLockHoldsPackagesOnly reads lock files whose entries would have pip do something else than install a version.
func TestLockHoldsPackagesOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), LockName)
	read := func(python, entry string) error {
		write(t, path, fmt.Sprintf("{\"format\": 1, \"environments\": [{\n\"requirements\": [\"six\"],\n\"python\": %q,\n\"packages\": [\"six==1.16.0\",\n%q]}]}", python, entry))
		_, err := readLock(path)
		return err
	}
	for _, entry := range []string{
		"-e ./here", "--extra-index-url http://h/simple", "six @ file:///x", "./six", "/x/six.whl", "https://h/six.whl", "six", "six>=1", "six==1 -e .",
		"six==1\n-e .", "six==1 --hash=sha256:12", "-r==1", "six==", "six==1 ; x",
	} {
		if err := read("3.11", entry); err == nil || !strings.Contains(err.Error(), path+":5: ") || !strings.Contains(err.Error(), "is no package") {
			t.Errorf("%q: %v", entry, err)
		}
	}
	for _, python := range []string{"./evil", "/x/python", "-c", "3"} {
		if err := read(python, "six==1"); err == nil || !strings.Contains(err.Error(), path+":3: ") {
			t.Errorf("%q: %v", python, err)
		}
	}
	for _, entry := range []string{"pyarrow==18.1.0", "a.b_c-d==1!2.0rc1+cu12", "six==1 --hash=sha256:" + strings.Repeat("a0", 32)} {
		if err := read("3.11", entry); err != nil {
			t.Errorf("%q: %v", entry, err)
		}
	}
}
