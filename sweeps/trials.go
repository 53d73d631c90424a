package sweeps

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// TrialsEver counts the distinct targets that this sweep has, or that any sweep of the datalake has stored over a date range
// with times in common, failed ones included. What gc has removed is not known any more.
func (p *Plan) TrialsEver() (int, error) {
	seen := make(map[string]struct{}, p.Points())
	for point := range p.Points() {
		seen[p.ids.id(point)] = struct{}{}
	}
	dirs, err := p.lake.OverlappingSweeps()
	if err != nil {
		return 0, err
	}
	for _, dir := range dirs {
		if err := addTrials(seen, dir); err != nil {
			return 0, err
		}
	}
	return len(seen), nil
}

// addTrials adds the targets that one sweep's folder knows of.
func addTrials(seen map[string]struct{}, dir string) error {
	names, err := listPoints(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		f, err := openResults(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has just tidied up
		}
		if err != nil {
			return err
		}
		err = addTrialsOf(seen, f)
		f.close()
		if err != nil {
			return err
		}
	}
	return addFailures(seen, filepath.Join(dir, failedName))
}

func addTrialsOf(seen map[string]struct{}, f *resultFile) error {
	const id = "local_hash_id"
	if _, ok := f.index[id]; !ok {
		return nil
	}
	c, err := f.column(id)
	if err != nil {
		return err
	}
	for i, text := range c.strings {
		if c.valid[i] {
			seen[text] = struct{}{}
		}
	}
	return nil
}

// addFailures adds the points that failed; lines that are no failures are passed over: verify is about them.
func addFailures(seen map[string]struct{}, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var failed failure
		if json.Unmarshal(lines.Bytes(), &failed) == nil && failed.ID != "" {
			seen[failed.ID] = struct{}{}
		}
	}
	return lines.Err()
}
