package python

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// nowhere is where interpreters are started: Python looks for modules in the folder it is started in, and a json.py beside
// the config must not take the place of its own.
const nowhere = "/"

// Environment is one of the config's: an interpreter that is there, or requirements that one is made with.
type Environment struct {
	Name         string
	Python       string // absolute path, or a bare name to be found on PATH; empty where there are requirements
	Requirements []string
}

// Settings say where environments are, and what they are made with. Zero fields have the defaults that are named.
type Settings struct {
	Dir  string   // the config's folder: functions, commands and tdlake.lock are relative to it
	Root string   // where environments are made; default: RootDir()
	UV   string   // uv's path; default: $UV, or uv on PATH; "-": python -m venv and pip
	Base string   // the interpreter that environments are made from; default: $TDLAKE_PYTHON, or python3 on PATH
	Env  []string // environment variables; default: the program's own
	Say  func(format string, args ...any)
}

// Environments knows a config's environments. It is safe for concurrent use. It meets graph.Outside: see identity.go.
type Environments struct {
	dir      string
	settings Settings
	known    []Environment
	ctx      context.Context // of the command: identities are asked for without one

	mu           sync.Mutex
	described    map[string]described // by name
	interpreters map[string]string    // by name, once they are known to be there
	digests      map[string]string    // of files, by absolute path
}

// described is what identifies an environment: Python's version, as 3.11, and packages, as name==version, sorted.
type described struct {
	Python   string   `json:"python"`
	Packages []string `json:"packages"`
}

// digest identifies the packages: equal ones are equal environments, wherever they are and however they were made.
func (d described) digest() string {
	h := sha256.Sum256([]byte("python " + d.Python + "\n" + strings.Join(d.Packages, "\n")))
	return hex.EncodeToString(h[:])
}

// RootDir returns where environments are made: $TDLAKE_ENVIRONMENTS, else tdlake/environments in the user's cache folder. It
// is not in the lake, since lakes of many configs share environments, and they are large.
func RootDir() (string, error) {
	if dir := os.Getenv("TDLAKE_ENVIRONMENTS"); dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", errorf("set TDLAKE_ENVIRONMENTS to a folder", "there is no place for environments: %v", err)
	}
	return filepath.Join(cache, "tdlake", "environments"), nil
}

// NewEnvironments returns the environments of a config. Nothing is run, read or made before it is needed. ctx cancels what
// is run to identify them.
func NewEnvironments(ctx context.Context, known []Environment, s Settings) *Environments {
	if s.Env == nil {
		s.Env = os.Environ()
	}
	if s.Say == nil {
		s.Say = func(string, ...any) {}
	}
	return &Environments{
		dir: s.Dir, settings: s, known: known, ctx: ctx,
		described: map[string]described{}, interpreters: map[string]string{}, digests: map[string]string{},
	}
}

// Names returns the names of the environments, in the order written.
func (e *Environments) Names() []string {
	names := make([]string, len(e.known))
	for i, env := range e.known {
		names[i] = env.Name
	}
	return names
}

func (e *Environments) find(name string) (Environment, error) {
	for _, env := range e.known {
		if env.Name == name {
			return env, nil
		}
	}
	hint := "environments: {" + name + ": {python: ./env/bin/python}}"
	if len(e.known) > 0 {
		hint = "known: " + strings.Join(e.Names(), ", ")
	}
	return Environment{}, errorf(hint, "is %q, which is no environment", name)
}

// Interpreter returns the path of an environment's Python, making the environment where it has requirements and isn't there.
func (e *Environments) Interpreter(ctx context.Context, name string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if path, ok := e.interpreters[name]; ok {
		return path, nil
	}
	env, err := e.find(name)
	if err != nil {
		return "", err
	}
	var path string
	if env.Python != "" {
		path, err = lookPath(env.Python)
	} else {
		var d described
		if d, err = e.describe(ctx, env); err == nil {
			path, err = e.ensure(ctx, env, d)
		}
	}
	if err != nil {
		return "", err
	}
	e.interpreters[name] = path
	return path, nil
}

// describe returns what identifies an environment, locking its requirements where they are not locked. e.mu is held.
func (e *Environments) describe(ctx context.Context, env Environment) (d described, err error) {
	if d, ok := e.described[env.Name]; ok {
		return d, nil
	}
	if env.Python != "" {
		d, err = e.probe(ctx, env.Python)
	} else {
		d, err = e.locked(ctx, env)
	}
	if err == nil {
		e.described[env.Name] = d
	}
	return d, err
}

// root returns the folder of environments, which is there. e.mu is held.
func (e *Environments) root() (string, error) {
	if e.settings.Root == "" {
		root, err := RootDir()
		if err != nil {
			return "", err
		}
		e.settings.Root = root
	}
	return e.settings.Root, os.MkdirAll(e.settings.Root, 0o777)
}

// folder is where an environment is made. Wheels differ between systems, identities do not.
func (e *Environments) folder(root string, d described) string {
	return filepath.Join(root, d.digest()[:32]+"-"+runtime.GOOS+"-"+runtime.GOARCH)
}
