package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// tdlake runs a command and returns what it printed.
func tdlake(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Errorf("tdlake %s: exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String(), errs.String()
}
