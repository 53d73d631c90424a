package postgres

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// A sorter puts a block's rows in the order of the key. Rows mostly come in order, or in the order of time, so it looks
// before it sorts: one comparison a row where nothing is to do.
type sorter struct {
	b      *block
	schema frame.Schema
	ranks  []uint64 // of the key's second column: smaller rank, smaller value; equal ranks decide nothing
}

// sortBlock returns the order of the rows, nil where they are in order already. Two rows of one key are an error.
func sortBlock(b *block, schema frame.Schema) ([]int32, error) {
	s := &sorter{b: b, schema: schema}
	s.rank()
	ascending, byTime := s.look()
	if ascending {
		return nil, nil
	}
	order := make([]int32, b.rows)
	for i := range order {
		order[i] = int32(i)
	}
	if !byTime {
		s.sortByTime(order)
	}
	s.sortWithinTimes(order)
	for i := 1; i < len(order); i++ {
		if s.compare(order[i-1], order[i]) == 0 {
			return nil, s.duplicate(order[i-1], order[i])
		}
	}
	return order, nil
}

// look reports whether rows ascend strictly by the key, and whether they ascend by time.
func (s *sorter) look() (ascending, byTime bool) {
	times := s.b.times()
	ascending = true
	for i := 1; i < len(times); i++ {
		if times[i] < times[i-1] {
			return false, false
		}
		if ascending && s.compare(int32(i-1), int32(i)) >= 0 {
			ascending = false
		}
	}
	return ascending, true
}

// sortByTime puts rows in the order of time, those of one time as they came. Many rows share a time, so it counts.
func (s *sorter) sortByTime(order []int32) {
	times := s.b.times()
	places := map[int64]int32{} // a time: how many rows it has, then where its next one belongs
	for _, t := range times {
		places[t]++
	}
	distinct := slices.Sorted(maps.Keys(places))
	at := int32(0)
	for _, t := range distinct {
		places[t], at = at, at+places[t]
	}
	for i, t := range times {
		order[places[t]] = int32(i)
		places[t]++
	}
}

// sortWithinTimes sorts the rows of each time in an order by time.
func (s *sorter) sortWithinTimes(order []int32) {
	times := s.b.times()
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && times[order[j]] == times[order[i]] {
			j++
		}
		if j > i+1 {
			slices.SortFunc(order[i:j], s.compareRest)
		}
		i = j
	}
}

func (s *sorter) compare(i, j int32) int {
	t := s.b.times()
	if t[i] != t[j] {
		return cmp.Compare(t[i], t[j])
	}
	return s.compareRest(i, j)
}

// compareRest compares the key without time_index.
func (s *sorter) compareRest(i, j int32) int {
	if s.ranks != nil && s.ranks[i] != s.ranks[j] {
		return cmp.Compare(s.ranks[i], s.ranks[j])
	}
	for k := 1; k < s.schema.Key; k++ {
		v := &s.b.cols[k]
		r := 0
		switch s.schema.Fields[k].Type {
		case frame.String:
			r = bytes.Compare(v.text(int(i)), v.text(int(j)))
		case frame.Float64:
			r = cmp.Compare(v.floats[i], v.floats[j])
		default:
			r = cmp.Compare(v.ints[i], v.ints[j])
		}
		if r != 0 {
			return r
		}
	}
	return 0
}

// rank computes ranks: the first eight bytes of a string, all of a whole number.
func (s *sorter) rank() {
	if s.schema.Key < 2 || s.schema.Fields[1].Type == frame.Float64 {
		return
	}
	v := &s.b.cols[1]
	s.ranks = make([]uint64, s.b.rows)
	for i := range s.ranks {
		if s.schema.Fields[1].Type == frame.String {
			s.ranks[i] = prefix(v.text(i))
		} else {
			s.ranks[i] = uint64(v.ints[i]) ^ (1 << 63) // the order of signed numbers
		}
	}
}

// prefix is the first eight bytes as a number, zeros where there are fewer.
func prefix(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(text)
	}
	var p uint64
	for _, c := range text {
		p = p<<8 | uint64(c)
	}
	return p << (8 * (8 - len(text)))
}

// duplicate is the frame package's error about two rows of one key.
func (s *sorter) duplicate(i, j int32) error {
	f, err := s.b.frame(s.schema, []int32{i, j})
	if err != nil {
		return err
	}
	return f.CheckOrder()
}
