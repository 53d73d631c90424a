package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/compute/python"
	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// loadGraph reads a config and its nodes, and the environments that python nodes live in. Where there are none, that costs
// nothing.
func (a *app) loadGraph(args arguments) (*config.Config, *graph.Pipeline, *python.Environments, error) {
	var environments *python.Environments
	overrides := args.overrides
	if a.end != "" {
		overrides = append(slices.Clip(overrides), config.Override{Text: a.end, End: true})
	}
	c, pipeline, err := graph.Load(args.config, overrides, graph.WithOutside(func(c *config.Config) graph.Outside {
		environments = a.environmentsOf(c)
		return environments
	}))
	return c, pipeline, environments, err
}

func (a *app) environmentsOf(c *config.Config) *python.Environments {
	known := make([]python.Environment, len(c.Environments))
	for i, e := range c.Environments {
		known[i] = python.Environment{Name: e.Name, Python: e.Python, Requirements: e.Requirements}
	}
	ctx := a.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	return python.NewEnvironments(ctx, known, python.Settings{Dir: c.Dir, Say: a.say})
}

// newPool returns who computes the nodes in other languages.
func (p *project) newPool() *python.Pool {
	return python.NewPool(p.environments, python.Options{Jobs: p.threads(), Log: p.nodeLog()})
}

var _ compute.External = (*python.Pool)(nil)

// outside reports whether more than the config makes a node what it is: a file, an environment.
func outside(n *graph.Node) bool {
	return n.Kind.Name == graph.KindPython || n.Kind.Name == graph.KindCommand
}

// changes says how a node that the lake does not have differs from the one there that is most like it.
func (p *project) changes(n *graph.Node) (string, error) {
	if !outside(n) {
		return "", nil
	}
	stored, err := p.lake.Stored()
	if err != nil {
		return "", err
	}
	specs := map[string]json.RawMessage{}
	for id := range stored {
		if !strings.HasPrefix(id, n.Kind.Name+"_") {
			continue
		}
		m, err := p.lake.Manifest(id)
		if err != nil {
			continue // verify reports it
		}
		specs[id] = m.Spec
	}
	return mostLike(n, "the lake", specs), nil
}

// mostLike says how a node differs from that of the nodes there which is most like it: after an edit of a function's file,
// what was edited. Empty where none is like it.
func mostLike(n *graph.Node, where string, there map[string]json.RawMessage) string {
	like, best := "", []string(nil)
	for _, id := range slices.Sorted(maps.Keys(there)) {
		if c := graph.Changes(n, there[id]); len(c) > 0 && (best == nil || len(c) < len(best)) {
			like, best = id, c
		}
	}
	if best == nil {
		return ""
	}
	return fmt.Sprintf("\n  %s has %s, which differs:\n    %s", where, like, strings.Join(best, "\n    "))
}
