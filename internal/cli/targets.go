package cli

import (
	"context"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/sweeps"
)

// everything returns what the config is about: its target at the parameters' defaults and at every point of its sweep; every node where
// it has no target.
func (p *project) everything(ctx context.Context) ([]*graph.Node, error) {
	if p.config.Target.Name == "" {
		return p.allNodes()
	}
	targets, err := p.nodes(p.config.Target.Name)
	if err != nil || p.config.Sweep == nil {
		return targets, err
	}
	plan, err := p.planSweep(ctx, false)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	return append(targets, plan.Targets()...), nil
}

// everythingNeeded returns some of what everything does, that between them need all that these need.
func (p *project) everythingNeeded(ctx context.Context) ([]*graph.Node, error) {
	if p.config.Target.Name == "" || p.config.Sweep == nil {
		return p.everything(ctx)
	}
	targets, err := p.nodes(p.config.Target.Name)
	if err != nil {
		return nil, err
	}
	plan, err := p.planSweep(ctx, false)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	return append(targets, plan.Representatives()...), nil
}

// allNodes returns the nodes of every name at the parameters' defaults.
func (p *project) allNodes() ([]*graph.Node, error) {
	var all []*graph.Node
	for _, name := range p.pipeline.Names() {
		nodes, err := p.nodes(name)
		if err != nil {
			return nil, err
		}
		all = append(all, nodes...)
	}
	return all, nil
}

// planSweep finds the points of the config's sweep and what is stored of them. With check, stored points that were computed from parts
// that are gone or changed count for nothing. Close the plan after use.
func (p *project) planSweep(ctx context.Context, check bool) (*sweeps.Plan, error) {
	request := sweeps.Request{Config: p.config, Pipeline: p.pipeline, Lake: p.lake}
	if check {
		request.Sources = sweeps.StoredSources(p.pipeline, p.lake)
	}
	return sweeps.NewPlan(ctx, request)
}
