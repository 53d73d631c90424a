package cli

import (
	"errors"
	"path/filepath"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/compute/python"
	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// project is a config with what belongs to it: its nodes, and its date range of the lake.
type project struct {
	*app
	config       *config.Config
	pipeline     *graph.Pipeline
	environments *python.Environments
	dir          string // of data lakes
	lake         *lake.DateRange
	short        []string // see lake.SnapshotPlan.Shortages
}

// load reads the config that a command line names. Nothing on disk is changed.
func (a *app) load(args arguments) (*project, error) {
	defer a.phase("reading the config")()
	c, pipeline, environments, err := a.loadGraph(args)
	if err != nil {
		return nil, err
	}
	if err := checkUniverses(c, pipeline); err != nil {
		return nil, err
	}
	dir := c.DatalakeDir
	if a.datalakeDir != "" {
		folder, err := config.Folder(a.datalakeDir)
		if err != nil {
			return nil, usagef("name a folder, such as ./lake", "--datalake-dir %s: %v", a.datalakeDir, err)
		}
		if dir, err = filepath.Abs(folder); err != nil {
			return nil, err
		}
	}
	d, err := lake.Open(dir, c.DatalakeName, c.Start, c.End)
	if err != nil {
		return nil, err
	}
	p := &project{app: a, config: c, pipeline: pipeline, environments: environments, dir: dir, lake: d}
	d.Count(func(in graph.Rows, g graph.Grid) graph.Counter {
		return compute.Counter(in, g, compute.Options{Jobs: p.threads(), Memory: p.budget().engine})
	})
	return p, nil
}

// nodes resolves a name, or a local_hash_id, at the parameters' defaults.
func (p *project) nodes(name string) ([]*graph.Node, error) {
	return p.pipeline.Nodes(name, p.pipeline.Defaults())
}

// targetOf returns the node that a command line names, else the config's target.
func (p *project) targetOf(args arguments) (string, error) {
	if len(args.rest) > 0 {
		return args.rest[0], nil
	}
	if p.config.Target.Name == "" {
		return "", usagef("name a node after CONFIG, or set target in the config", "%s: no node is named, and the config has no target", p.config.Path)
	}
	return p.config.Target.Name, nil
}

// databaseName is the address without secrets.
func (p *project) databaseName() string {
	address, err := database.Parse(p.config.Database)
	if err != nil {
		return database.Redact(p.config.Database)
	}
	return address.String()
}

// pinned returns the nodes of keep_in_memory at the parameters' defaults.
func (p *project) pinned() (map[graph.Hash]bool, error) {
	keep := map[graph.Hash]bool{}
	var problems config.Problems
	for _, ref := range p.config.KeepInMemory {
		nodes, err := p.nodes(ref.Name)
		var found config.Problems
		if errors.As(err, &found) {
			problems = append(problems, found...)
		} else if err != nil {
			return nil, err
		}
		for _, n := range nodes {
			keep[n.Hash] = true
		}
	}
	return keep, problems.Err()
}
