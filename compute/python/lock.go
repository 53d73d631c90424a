package python

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LockName is the file beside the config that says what requirements were resolved to. It belongs under version control:
// with it, identities are the same on every machine. Removing an entry has it resolved anew.
const LockName = "tdlake.lock"

type lockFile struct {
	Format       int         `json:"format"`
	Environments []lockEntry `json:"environments"`
}

type lockEntry struct {
	Requirements []string `json:"requirements"` // as the config has them, sorted
	described
}

// locked returns what an environment's requirements were resolved to, resolving them first where the lock file does not say.
// Environments count by their requirements, not by their names: configs in one folder share the file. e.mu is held.
func (e *Environments) locked(ctx context.Context, env Environment) (described, error) {
	path := filepath.Join(e.dir, LockName)
	if entry, err := e.lookUp(path, env); err != nil || entry != nil {
		return entryOf(entry), err
	}
	root, err := e.root()
	if err != nil {
		return described{}, err
	}
	unlock, err := lockFolder(ctx, filepath.Join(root, "locking"))
	if err != nil {
		return described{}, err
	}
	defer unlock()
	if entry, err := e.lookUp(path, env); err != nil || entry != nil { // another process was faster
		return entryOf(entry), err
	}
	e.settings.Say("locking the environment %s: %s", env.Name, strings.Join(env.Requirements, ", "))
	d, err := e.resolve(ctx, env)
	if err != nil {
		return described{}, err
	}
	if err := pinned("the requirements", nil, d); err != nil {
		return described{}, errorf("name the package and its version, as an index has it", "%v", err)
	}
	return d, addEntry(path, lockEntry{Requirements: sortedCopy(env.Requirements), described: d})
}

func entryOf(entry *lockEntry) described {
	if entry == nil {
		return described{}
	}
	return entry.described
}

func (e *Environments) lookUp(path string, env Environment) (*lockEntry, error) {
	file, err := readLock(path)
	if err != nil {
		return nil, err
	}
	want := sortedCopy(env.Requirements)
	for i := range file.Environments {
		if slices.Equal(file.Environments[i].Requirements, want) {
			return &file.Environments[i], nil
		}
	}
	return nil, nil
}

func readLock(path string) (lockFile, error) {
	f := lockFile{Format: 1}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, errorf("repair it, or remove it to have environments locked anew", "%s: %v", path, err)
	}
	if f.Format != 1 {
		return f, errorf("a newer tdlake wrote it", "%s: unknown format %d", path, f.Format)
	}
	for _, entry := range f.Environments {
		if entry.Python == "" || len(entry.Packages) == 0 {
			return f, errorf("remove the entry to have it locked anew", "%s: an entry lacks python or packages", path)
		}
		if err := pinned(path, text, entry.described); err != nil {
			return f, err
		}
	}
	return f, nil
}

func addEntry(path string, entry lockEntry) error {
	f, err := readLock(path)
	if err != nil {
		return err
	}
	f.Environments = append(f.Environments, entry)
	slices.SortFunc(f.Environments, func(a, b lockEntry) int { return slices.Compare(a.Requirements, b.Requirements) })
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(text, '\n'))
}

func sortedCopy(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
