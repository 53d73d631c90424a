package cli

import (
	"log/slog"
	"path/filepath"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// nodeLog returns a maker of loggers, one a node, that append to <DateRange>/logs/<local_hash_id>.log; nil where the config does not ask
// for logs.
func (p *project) nodeLog() func(*graph.Node) *slog.Logger {
	if !p.config.PersistLogs {
		return nil
	}
	dir := p.lake.LogsDir()
	return func(n *graph.Node) *slog.Logger {
		file := appendingFile(filepath.Join(dir, n.ID()+".log"))
		return slog.New(slog.NewTextHandler(file, nil)).With("node", n.Name)
	}
}

// appendingFile opens the file for each line: a sweep has more nodes than a process may have files open.
type appendingFile string

func (f appendingFile) Write(line []byte) (int, error) {
	file, err := lake.OpenToAppend(string(f))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.Write(line)
}
