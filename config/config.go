package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Config is a file that was read, overrides applied. It is not changed afterwards.
type Config struct {
	Path, Dir    string // of the file, absolute
	DatalakeName string
	Start, End   int64 // datalake_start and datalake_end in microseconds since the epoch; half open
	FromDB       []Ref // nodes_to_get_from_db
	FromDBSet    bool  // the key is there
	FromDBPos    Pos   // of its value
	PersistLogs  bool
	Address      string // the database's, as it is written: ${ENV} expanded, relative paths relative. May hold a password
	Database     string // ${ENV} expanded; the paths of files: and duckdb: absolute. May hold a password: not for printing
	DatalakeDir  string // absolute
	KeepInMemory []Ref
	Environments []Environment // in the order written
	Schedulers   []Scheduler   // likewise
	Parameters   []Parameter   // in the order written, at their defaults
	Nodes        []NodeBody    // in the order written
	Target       Ref
	Sweep        *Sweep // nil where there is none

	src *source
}

// Ref is a name of a node, or a local_hash_id, and its place.
type Ref struct {
	Name string
	Pos
}

// Parameter is a parameter at its default, or at the override's value: a scalar or a list of scalars. Value.Kind is 0 where
// the value is at fault (seen only beside Problems).
type Parameter struct {
	Name  string
	Pos   // of the name
	Value Value
}

// NodeBody is a node as it is written. Body is a mapping.
type NodeBody struct {
	Name string
	Pos  // of the name
	Body Value
}

// Override is a NAME=VALUE from the command line; the value is YAML.
//
// With Vary false the value becomes the parameter's default and the sweep no longer varies it. With Vary true it is what
// sweep.vary would say: a list of values, {range: ..}, {linspace: ..}, {logspace: ..}, or a single value. With Several it is
// that where it is more than a value of the parameter: a space, a list for one that is no list, a list of lists.
//
// With End it is no parameter's: Text is datalake_end.
type Override struct {
	Name, Text         string
	Vary, Several, End bool
}

// Load reads a config. The error is Problems. Beside them the config is returned as far as it could be read (nil where it
// is not even YAML), so that whoever checks node bodies can report theirs in the same go; it is good for nothing else.
func Load(path string, overrides []Override) (*Config, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, Problems{{File: path, Message: reason(err), Hint: readHint(err)}}
	}
	return Parse(path, text, overrides)
}

// readFile reads no more than one byte past the limit, so that a device or a huge file is refused and not swallowed.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Sprintf("cannot be read: %v", err)
}

func readHint(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "tdlake init writes a config to start from"
	}
	return ""
}

// Parse reads a config's text as Load does; path is where it is, for messages and for relative paths.
func Parse(path string, text []byte, overrides []Override) (*Config, error) {
	src := newSource(path, text, overrides)
	root, problem := parseYAML(src, text)
	if problem != nil {
		return nil, Problems{*problem}
	}
	value, problems := convert(src, root, func(n *yaml.Node) Pos { return Pos{n.Line, n.Column} })
	absolute, err := filepath.Abs(path)
	if err != nil {
		problems = append(problems, Problem{File: path, Message: err.Error()})
	}
	r := &reader{
		Config:   &Config{Path: absolute, Dir: filepath.Dir(absolute), src: src},
		problems: problems,
	}
	r.read(value)
	return r.Config, r.problems.Err()
}

// Problem returns a problem at a place of this config, with the line it is in.
func (c *Config) Problem(pos Pos, hint, format string, args ...any) Problem {
	return c.src.problem(pos, hint, format, args...)
}

// Within returns the place of a text on pos's line, at or after pos; pos itself where it isn't there.
func (c *Config) Within(pos Pos, text string) Pos { return c.src.within(pos, text) }
