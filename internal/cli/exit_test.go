package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/schedule"
	"github.com/tdlake/tdlake/sweeps"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{fmt.Errorf("writing: %w", syscall.EPIPE), 0},
		{errors.New("surprise"), 1},
		{usagef("", "no"), 2},
		{config.Problems{{Message: "no"}}, 2},
		{&lake.MismatchError{}, 2},
		{&lake.NewerFormatError{}, 2},
		{&lake.LockedError{}, 2},
		{&lake.WriteError{Path: "/x", Err: syscall.ENOSPC}, 2},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, 2},
		{fmt.Errorf("prices: %w", &frame.DuplicateError{}), 2},
		{&duck.Error{Kind: duck.Parser}, 2},
		{database.NewError(database.Missing, "files:x", "", "no table"), 2},
		{database.NewError(database.Data, "files:x", "", "text"), 2},
		{&sweeps.PartialError{Failed: 3, Err: usagef("", "no")}, 3},
		{&compute.NodeError{Err: errors.New("no"), Node: &graph.Node{Kind: graph.KindNamed(graph.KindLag)}}, 2},
		{&compute.NodeError{Err: &duck.Error{}, Node: &graph.Node{Kind: graph.KindNamed(graph.KindSQL)}}, 2},
		{&lake.DamageError{}, 4},
		{&schedule.UpdateError{Name: "a", Err: database.NewError(database.Data, "node a", "", "text")}, 3},
		{&schedule.UpdateError{Name: "a", Err: database.NewError(database.Refused, "postgres://h/d", "", "full")}, 5},
		{database.NewError(database.Unreachable, "postgres://h/d", "", "down"), 5},
		{database.NewError(database.Refused, "postgres://h/d", "", "no"), 5},
		{fmt.Errorf("computing: %w", context.Canceled), 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

func TestReadmeHasTheExitCodes(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exitCodes {
		if line := fmt.Sprintf("| %d | %s |", e.code, e.meaning); !strings.Contains(string(readme), line) {
			t.Errorf("README.md lacks %q", line)
		}
	}
}
