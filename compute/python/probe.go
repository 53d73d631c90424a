package python

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed probe.py
var probeScript string

// probed is what an interpreter said of itself, kept in <root>/probes so that it need not be asked each time. It holds as
// long as the watched files and folders are as they were: installing, removing or upgrading a package changes the folder of
// packages. Editing a package's files in place goes unseen.
type probed struct {
	described
	Watch []string `json:"watch"`
	Seen  []string `json:"seen"` // what stat said of them, in order
}

// probe returns what identifies an interpreter. e.mu is held.
func (e *Environments) probe(ctx context.Context, python string) (described, error) {
	path, err := lookPath(python)
	if err != nil {
		return described{}, err
	}
	root, err := e.root()
	if err != nil {
		return described{}, err
	}
	key := sha256.Sum256([]byte(path))
	file := filepath.Join(root, "probes", hex.EncodeToString(key[:16])+".json")
	script := isScript(path) // such as pyenv's, which picks an interpreter when it is run
	if p, ok := readProbe(file); ok && !script {
		return p.described, nil
	}
	p, err := e.ask(ctx, path)
	if err != nil {
		return described{}, err
	}
	if !script {
		writeProbe(file, p)
	}
	return p.described, nil
}

// lookPath finds an interpreter.
func lookPath(python string) (string, error) {
	path, err := exec.LookPath(python)
	if err != nil {
		hint := "python: the path of an interpreter, relative to the config's folder; or requirements: [...] for one that tdlake makes"
		return "", errorf(hint, "%s is no program: %v", python, reason(unwrapExec(err)))
	}
	return path, nil
}

func unwrapExec(err error) error {
	if e, ok := err.(*exec.Error); ok {
		return e.Err
	}
	return err
}

func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 2)
	n, _ := f.Read(head)
	return n == 2 && string(head) == "#!"
}

// ask runs an interpreter.
func (e *Environments) ask(ctx context.Context, path string) (probed, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-c", probeScript)
	cmd.Env, cmd.Dir, cmd.WaitDelay = pythonEnv(e.settings.Env), nowhere, time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil && e.ctx.Err() != nil {
		return probed{}, ctx.Err()
	}
	if err != nil {
		return probed{}, errorf("it must be Python 3.9 or later", "%s cannot say what it is: %v%s", path, err, lastLines(said.String(), 5))
	}
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil || p.Python == "" {
		return probed{}, errorf("it must be Python 3.9 or later", "%s is no Python: it printed %.60q", path, out.String())
	}
	p.Seen = seen(p.Watch)
	return p, nil
}

// seen says what files and folders look like from outside.
func seen(paths []string) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		if info, err := os.Stat(p); err == nil {
			all[i] = fmt.Sprintf("%d %d", info.ModTime().UnixNano(), info.Size())
		}
	}
	return all
}

func readProbe(file string) (probed, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return probed{}, false
	}
	var p probed
	if json.Unmarshal(text, &p) != nil || p.Python == "" || len(p.Watch) == 0 {
		return probed{}, false
	}
	for i, s := range seen(p.Watch) {
		if s == "" || i >= len(p.Seen) || s != p.Seen[i] {
			return probed{}, false
		}
	}
	return p, true
}

// writeProbe keeps an answer. Where that fails the interpreter is asked again next time.
func writeProbe(file string, p probed) {
	if text, err := json.Marshal(p); err == nil && os.MkdirAll(filepath.Dir(file), 0o777) == nil {
		writeFile(file, text)
	}
}
