package cli

import (
	"context"
	"errors"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// checkUniverses reports conditions of universes that DuckDB's parser does not take, or that look at other rows. They are SQL, which package
// graph does not read; at other values of the parameters the engine refuses the same.
func checkUniverses(c *config.Config, p *graph.Pipeline) error {
	var db *duck.DB
	defer func() {
		if db != nil {
			db.Close()
		}
	}()
	var problems config.Problems
	for _, n := range c.Nodes {
		for _, where := range conditionsOf(p, n.Name) {
			var err error
			if db == nil {
				if db, err = duck.Open(context.Background(), duck.Options{}); err != nil {
					return err
				}
			}
			if err = db.CheckRow(context.Background(), where); err != nil {
				problems = append(problems, c.Problem(placeOfCondition(n), hintOf(err), "the condition of the node %s: %v", n.Name, err))
			}
		}
	}
	return problems.Err()
}

// conditionsOf returns what conditions a node's universes have at the parameters' defaults, without those that are plain equalities. A node that
// cannot be resolved is somebody else's to report.
func conditionsOf(p *graph.Pipeline, name string) []string {
	nodes, _ := p.Nodes(name, p.Defaults())
	seen := map[string]bool{}
	var out []string
	for _, n := range nodes {
		if n.Kind.Name != graph.KindLasso {
			continue
		}
		if where := n.Params.String("universe_where"); where != "" && !duck.IsEquality(where) && !seen[where] {
			seen[where] = true
			out = append(out, where)
		}
	}
	return out
}

func placeOfCondition(n config.NodeBody) config.Pos {
	universe, _ := n.Body.Get("universe")
	if where, ok := universe.Get("where"); ok {
		return where.Pos
	}
	return n.Pos
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
