package sweeps

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// Space is the points of a sweep, numbered from 0 in canonical order: the product of sweep.vary as it is written, the
// first parameter varying slowest, without the combinations that sweep.where refuses.
//
// A point is a number: its values are worked out when asked for, so a million points take no memory without a where and
// eight bytes each with one. A Space is read only once it is made.
type Space struct {
	Parameters []*Parameter

	stride []int64 // how far apart in the product two neighbouring values of a parameter are
	size   int64   // of the product
	kept   []int64 // what where left of the product, ascending; nil without where
}

// maxPoints is what a product may have: more would not be finished in a year.
const maxPoints = 1 << 40

// NewSpace makes the space of a config's sweep, asking DuckDB once if there is a where. Errors are config.Problems.
func NewSpace(ctx context.Context, c *config.Config) (*Space, error) {
	if c.Sweep == nil {
		return nil, config.Problems{c.Problem(config.Pos{}, "add a sweep section with vary", "the config has no sweep")}
	}
	s := &Space{size: 1}
	for _, v := range c.Sweep.Vary {
		p := newParameter(v)
		if n := int64(p.Len()); n > 0 && s.size > maxPoints/n {
			return nil, config.Problems{c.Problem(v.Pos, "vary fewer values", "the sweep has more than %d combinations", int64(maxPoints))}
		}
		s.size *= int64(p.Len())
		s.Parameters = append(s.Parameters, p)
	}
	s.strides()
	if c.Sweep.Where == "" {
		return s, nil
	}
	kept, err := s.filter(ctx, c)
	s.kept = kept
	return s, err
}

func (s *Space) strides() {
	s.stride = make([]int64, len(s.Parameters))
	next := int64(1)
	for k, p := range slices.Backward(s.Parameters) {
		s.stride[k] = next
		next *= int64(p.Len())
	}
}

// Len returns the number of points.
func (s *Space) Len() int {
	if s.kept != nil {
		return len(s.kept)
	}
	return int(min(s.size, math.MaxInt))
}

// ordinal is a point's place in the whole product.
func (s *Space) ordinal(point int) int64 {
	if s.kept != nil {
		return s.kept[point]
	}
	return int64(point)
}

// Index returns which of its values the k-th parameter has at a point.
func (s *Space) Index(point, k int) int {
	return int(s.ordinal(point) / s.stride[k] % int64(s.Parameters[k].Len()))
}

// next is indexes where index holds those of the point before: dividing takes as long as much else that is done to find out who a point is.
func (s *Space) next(point int, index []int) {
	if s.kept != nil {
		s.indexes(point, index)
		return
	}
	for k := len(index) - 1; k >= 0; k-- {
		if index[k]++; index[k] < s.Parameters[k].Len() {
			return
		}
		index[k] = 0
	}
}

// indexes is Index of all parameters at once.
func (s *Space) indexes(point int, index []int) {
	ordinal := s.ordinal(point)
	for k, p := range s.Parameters {
		index[k] = int(ordinal / s.stride[k] % int64(p.Len()))
	}
}

// Value returns the k-th parameter's value at a point as results store it: int64, float64, string or bool.
func (s *Space) Value(point, k int) any { return s.Parameters[k].Stored(s.Index(point, k)) }

// Bind sets a point's values in b, which keeps what else it holds.
func (s *Space) Bind(point int, b graph.Binding) {
	for k, p := range s.Parameters {
		b[p.Name] = p.Bound(s.Index(point, k))
	}
}

// Text describes a point for messages: "in_window = 60, lasso_alpha = 0.1".
func (s *Space) Text(point int) string {
	parts := make([]string, len(s.Parameters))
	for k, p := range s.Parameters {
		parts[k] = fmt.Sprintf("%s = %s", p.Name, p.text[s.Index(point, k)])
	}
	return strings.Join(parts, ", ")
}

// find returns the point at a place in the product, or false where the space doesn't have it.
func (s *Space) find(ordinal int64) (int, bool) {
	if s.kept != nil {
		return slices.BinarySearch(s.kept, ordinal)
	}
	return int(ordinal), true
}

// names returns the parameters' names in order.
func (s *Space) names() []string {
	names := make([]string, len(s.Parameters))
	for k, p := range s.Parameters {
		names[k] = p.Name
	}
	return names
}
