package compute

import (
	"errors"
	"fmt"

	"github.com/tdlake/tdlake/graph"
)

// NodeError says which node failed. The cause is the innermost failure: a node's consumers add nothing to it.
type NodeError struct {
	Node *graph.Node
	Err  error
}

func (e *NodeError) Error() string {
	return fmt.Sprintf("node %s (%s): %v", e.Node.Name, e.Node.ID(), e.Err)
}

func (e *NodeError) Unwrap() error { return e.Err }

// NotStoredError says that a table's rows are not in the lake.
type NotStoredError struct{ Node *graph.Node }

func (e *NotStoredError) Error() string {
	return fmt.Sprintf("node %s (%s) is read from the database, and the lake does not have it", e.Node.Name, e.Node.ID())
}

// Hint says what to do.
func (e *NotStoredError) Hint() string { return "run `tdlake snapshot` first" }

func named(n *graph.Node, err error) error {
	if err == nil {
		return nil // without the memory that looking into an error takes
	}
	var inner *NodeError
	var missing *NotStoredError
	if errors.As(err, &inner) || errors.As(err, &missing) {
		return err
	}
	return &NodeError{Node: n, Err: err}
}
