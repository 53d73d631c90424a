package python

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

// What a lock file may hold. Its lines reach pip and uv, which take options, addresses and paths in the place of packages,
// and run what they find there; the file may have come with a config from elsewhere.
var (
	pinnedPackage = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*(?: --hash=sha256:[0-9a-f]{64})*$`)
	pinnedPython  = regexp.MustCompile(`^[0-9]+\.[0-9]+t?$`)
)

// pinned checks that an entry names nothing but a version of Python and packages as name==version. text is the file's.
func pinned(path string, text []byte, d described) error {
	const hint = "packages are name==version; remove the entry to have it locked anew"
	if !pinnedPython.MatchString(d.Python) {
		return errorf(hint, "%s: %q is no version of Python", placeIn(path, text, d.Python), d.Python)
	}
	for _, p := range d.Packages {
		if !pinnedPackage.MatchString(p) {
			return errorf(hint, "%s: %q is no package with its version", placeIn(path, text, p), p)
		}
	}
	return nil
}

// placeIn returns path:line of a value in a JSON file, or the path where the file writes the value in another way.
func placeIn(path string, text []byte, value string) string {
	i := bytes.LastIndex(text, []byte(strconv.Quote(value))) // the last: requirements, which may have the same text, come first
	if i < 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, 1+bytes.Count(text[:i], []byte("\n")))
}
