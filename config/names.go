package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// hashID is what a local_hash_id ends with.
var hashID = regexp.MustCompile(`_[0-9a-f]{32}$`)

// IsHashID reports whether a name is a local_hash_id by its form.
func IsHashID(name string) bool { return hashID.MatchString(name) }

// name checks the name of a node or a parameter.
func (r *reader) name(e Entry, what string) bool {
	switch {
	case !isName(e.Key):
		r.add(e.KeyPos, "letters, digits and _, at most 100, the first no digit", "%s cannot be %s %s's name", quote(e.Key), article(what), what)
	case what == "node" && IsHashID(e.Key):
		r.add(e.KeyPos, "", "the node's name %s looks like a local_hash_id", quote(e.Key))
	case what == "node" && strings.EqualFold(e.Key, "points"):
		r.add(e.KeyPos, "", "no node can be named %s: tdlake sql calls the sweep's points so", e.Key)
	default:
		return true
	}
	return false
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}

// pointColumns are the columns of a sweep's points besides parameters and metrics.
var pointColumns = []string{"rows", "first_time", "last_time", "ruin_time", "warning", "local_hash_id"}

// columns checks that parameters and metrics can be columns of one table. SQL takes no account of upper and lower case.
func (r *reader) columns() {
	type owner struct{ what, name string }
	seen := map[string]owner{}
	for _, c := range pointColumns {
		seen[c] = owner{"column", c}
	}
	claim := func(pos Pos, what, name string) {
		lower := strings.ToLower(name)
		if o, taken := seen[lower]; taken {
			r.add(pos, "all are columns of the sweep's points, and SQL takes no account of upper and lower case",
				"the %s %s cannot be told from the %s %s", what, name, o.what, o.name)
			return
		}
		seen[lower] = owner{what, name}
	}
	for _, p := range r.Parameters {
		claim(p.Pos, "parameter", p.Name)
	}
	if r.Sweep != nil {
		for _, m := range r.Sweep.Metrics {
			claim(m.Pos, "metric", m.Name)
		}
	}
}

func (r *reader) datalakeName(e Entry) {
	name, ok := r.text(e)
	if !ok {
		return
	}
	if reason := FolderName(name); reason != "" {
		r.add(e.Value.Pos, "spaces inside are fine: Long short portfolio", "datalake_name %s cannot be a folder's name: it %s", quote(name), reason)
		return
	}
	r.DatalakeName = name
}

// FolderName says why a name cannot be a folder's on every file system, as in "contains /"; "" where it can.
func FolderName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case name == "." || name == "..":
		return "is " + name
	case len(name) > 200:
		return fmt.Sprintf("has %d bytes; at most 200 will do", len(name))
	case name[0] == '.' || name[0] == '_':
		return fmt.Sprintf("begins with %c, which hides it from readers", name[0])
	case strings.HasPrefix(name, " ") || strings.HasSuffix(name, " "):
		return "begins or ends with a space"
	case strings.HasSuffix(name, "."):
		return "ends with a dot"
	}
	for _, c := range name {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, c):
			return "contains " + string(c)
		case unicode.IsControl(c):
			return fmt.Sprintf("contains the control character %U", c)
		}
	}
	return ""
}

func (r *reader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(r.Dir, path)
}

func (r *reader) datalakeDir(e Entry) {
	dir, ok := r.text(e)
	if !ok {
		return
	}
	folder, err := Folder(dir)
	if err != nil {
		r.add(e.Value.Pos, folderHint, "datalake_dir %s: %v", quote(dir), err)
		return
	}
	r.DatalakeDir = r.absolute(folder)
}

const folderHint = "a folder of this machine, or of what is mounted on it; ./~x is one whose name begins so"

// Folder returns the folder that people mean by a path: ~/x is in their home, as a shell has it. It is an error where it is an address, or in
// somebody else's home.
func Folder(path string) (string, error) {
	if address, _, ok := strings.Cut(path, "://"); ok && !strings.ContainsAny(address, `/\`) {
		return "", fmt.Errorf("it is an address (%s), and a lake is a folder", address)
	}
	rest, ok := strings.CutPrefix(path, "~")
	if !ok {
		return path, nil
	}
	if rest != "" && rest[0] != '/' {
		return "", fmt.Errorf("whose home %s is, is not known here", strings.SplitN(path, "/", 2)[0])
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("your home is not known: %w", err)
	}
	return filepath.Join(home, rest), nil
}

var (
	schemes   = []string{"files", "duckdb", "postgres", "postgresql"}
	schemeOf  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]{0,19}):`)
	variables = regexp.MustCompile(`\$\{([^}]*)\}?`)
)

const databaseHint = "postgres://user@host/db, duckdb:FILE or files:FOLDER"

// database reads an address. Its messages never show the address: it may hold a password.
func (r *reader) database(e Entry) {
	text, ok := r.text(e)
	if ok {
		text, ok = r.expand(e, text)
	}
	if !ok {
		return
	}
	m := schemeOf.FindStringSubmatch(text)
	if m == nil || !slices.Contains(schemes, m[1]) {
		what, hint := "the database's address names no kind of database", databaseHint
		if m != nil {
			what = "unknown kind of database " + quote(m[1])
			if near := Nearest(m[1], schemes); near != "" {
				hint = Suggest(m[1], schemes)
			}
		}
		r.add(e.Value.Pos, hint, "%s", what)
		return
	}
	rest := text[len(m[0]):]
	switch file := m[1] == "files" || m[1] == "duckdb"; {
	case file && strings.TrimSpace(rest) == "":
		r.add(e.Value.Pos, databaseHint, "the database's address has no path after %s", m[0])
	case file:
		r.Address, r.Database = m[0]+filepath.Clean(rest), m[0]+r.absolute(rest)
	case !strings.HasPrefix(rest, "//"):
		r.add(e.Value.Pos, databaseHint, "the database's address must begin with %s//", m[0])
	default:
		r.Address, r.Database = text, text
	}
}

// expand puts environment variables in place of ${NAME}.
func (r *reader) expand(e Entry, text string) (string, bool) {
	ok := true
	expanded := variables.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.TrimSuffix(reference[2:], "}")
		pos := r.Within(e.Value.Pos, reference)
		if !strings.HasSuffix(reference, "}") || !isName(name) {
			r.add(pos, "write ${NAME}", "database: a ${ names no environment variable")
			ok = false
			return ""
		}
		value, set := os.LookupEnv(name)
		if !set {
			r.add(pos, "export "+name+"=...", "database: the environment variable %s is not set", name)
			ok = false
		}
		return value
	})
	return expanded, ok
}
