package python

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var functionName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// splitFunction takes FILE.py:NAME apart.
func splitFunction(written string) (file, name string, err error) {
	const hint = "function: my_nodes.py:zscore"
	i := strings.LastIndexByte(written, ':')
	if i < 0 {
		return "", "", errorf(hint, "must be FILE.py:NAME, not %q", written)
	}
	file, name = written[:i], written[i+1:]
	switch {
	case !strings.HasSuffix(file, ".py"):
		return "", "", errorf(hint, "must name a .py file before the colon, not %q", file)
	case !functionName.MatchString(name):
		return "", "", errorf(hint, "must name a function behind the colon, not %q", name)
	}
	return file, name, nil
}

// Function returns the SHA-256 of a function's file, and its name. Nothing is run: whether the file has such a function is
// seen when it is called.
func (e *Environments) Function(written string) (source, name string, err error) {
	file, name, err := splitFunction(written)
	if err != nil {
		return "", "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	source, err = e.fileDigest(e.absolute(file))
	if err != nil {
		return "", "", errorf("the file is looked for from the config's folder", "is in %s, which cannot be read: %v", file, reason(err))
	}
	return source, name, nil
}

// Environment returns the digest of an environment's Python version and packages, and these.
func (e *Environments) Environment(name string) (string, []string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	env, err := e.find(name)
	if err != nil {
		return "", nil, err
	}
	d, err := e.describe(e.ctx, env)
	if err != nil {
		return "", nil, errorf(hintOf(err), "is %s, which cannot be identified: %v", name, err)
	}
	return d.digest(), append([]string{"python " + d.Python}, d.Packages...), nil
}

// Command returns the words of a command. A program counts by its name, not by where it is. A word that names a file below
// the config's folder counts by the file's name and what is in it, so that editing a script makes another node.
func (e *Environments) Command(words []string) ([]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	identity := make([]string, len(words))
	for i, word := range words {
		identity[i] = word
		if i == 0 {
			identity[i] = filepath.Base(word)
			if !strings.Contains(word, "/") {
				continue // found on PATH
			}
		}
		path := e.absolute(word)
		if !e.below(path) {
			continue
		}
		info, err := os.Stat(path)
		if err != nil && i == 0 {
			return nil, errorf("the program is looked for from the config's folder", "names the program %s, which cannot be read: %v", word, reason(err))
		}
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		digest, err := e.fileDigest(path)
		if err != nil {
			return nil, errorf("", "names the file %s, which cannot be read: %v", word, reason(err))
		}
		identity[i] = filepath.Base(word) + " sha256:" + digest
	}
	return identity, nil
}

// below reports whether a path is in the config's folder, or deeper.
func (e *Environments) below(path string) bool {
	relative, err := filepath.Rel(e.dir, path)
	return err == nil && relative != "." && relative != ".." && !strings.HasPrefix(relative, "../")
}

// fileDigest reads a file once: what an identity was made of is what a worker checks the file against. e.mu is held.
func (e *Environments) fileDigest(path string) (string, error) {
	if digest, ok := e.digests[path]; ok {
		return digest, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	digest := hex.EncodeToString(h.Sum(nil))
	e.digests[path] = digest
	return digest, nil
}

func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
