package lake

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
)

// What is read again of stored rows, and compared bit for bit, stretch by stretch of what is stored without a gap:
//
//   - the first and the last time, all identifiers: what has been adjusted up to or from some time on differs there;
//   - each identifier's last row, and the last with a value of each column, where that is not at the last time; the first time of
//     identifiers that begin later, of at most lateStarts times;
//   - a time of each part, chosen by a hash, so that nobody knows which;
//   - that there is nothing where nothing is stored, before the first time and after the last;
//   - as-of rows.

// lateStarts is how many times more are looked at because identifiers begin there.
const lateStarts = 64

// again compares what is stored with what a view has now and says how it differs.
func (s *stock) again(ctx context.Context, v View) ([]string, error) {
	now, err := v.Schema(ctx, s.table)
	if err != nil {
		return nil, err
	}
	if s.gives && !now.Equal(s.m.Schema()) {
		return nil, nil
	}
	for _, span := range s.held {
		c := comparison{stock: s, view: v, span: span}
		if err := c.run(ctx); err != nil || len(c.found.lines) > 0 {
			return c.found.lines, err
		}
	}
	for _, b := range s.befores {
		stored, err := s.d.Before(ctx, s.m.ID, b.At)
		if err != nil {
			return nil, err
		}
		now, err := v.Before(ctx, s.table, b.At)
		if err != nil {
			return nil, err
		}
		var found findings
		if found.compare(stored, now); len(found.lines) > 0 {
			return found.lines, nil
		}
	}
	return nil, nil
}

// comparison is that of one stretch.
type comparison struct {
	*stock
	view View
	span Span

	first, last int64            // times that are stored
	of          map[string]*ends // of each identifier: the key without time_index
	chosen      []int64          // a time of each part
	found       findings
	id          []byte
}

// ends are the first and the last time of an identifier.
type ends struct{ first, last int64 }

func (c *comparison) run(ctx context.Context) error {
	if err := c.scan(ctx); err != nil {
		return err
	}
	if len(c.of) == 0 {
		return c.nothing(ctx, c.span)
	}
	if err := c.at(ctx, c.times()); err != nil || len(c.found.lines) > 0 {
		return err
	}
	if err := c.nothing(ctx, Span{c.span.Start, c.first}); err != nil || len(c.found.lines) > 0 {
		return err
	}
	if err := c.late(ctx, Span{c.last + 1, c.span.End}); err != nil || len(c.found.lines) > 0 {
		return err
	}
	for _, e := range c.of {
		if e.last < c.last {
			return c.lastRows(ctx)
		}
	}
	return nil
}

// scan reads the stored keys and chooses what to look at.
func (c *comparison) scan(ctx context.Context) error {
	c.of = map[string]*ends{}
	pick, part, before := picker{}, -1, int64(0)
	for f, err := range c.d.Scan(ctx, c.m.ID, c.span.Start, c.span.End, frame.TimeIndex) {
		if err != nil {
			return err
		}
		for i, at := range f.Times() {
			c.see(f, i, at)
			if at == before && part >= 0 {
				continue
			}
			before = at
			if now := partAt(c.m.Parts, at, part); now != part {
				c.choose(pick)
				part, pick = now, newPicker(c.m.Parts[now].SHA256, c.span)
			}
			pick.offer(at)
		}
	}
	c.choose(pick)
	return nil
}

// see notes a row of an identifier.
func (c *comparison) see(f *frame.Frame, i int, at int64) {
	if len(c.of) == 0 {
		c.first = at
	}
	c.last = at
	c.id = appendIdentifier(c.id[:0], f, i)
	if e := c.of[string(c.id)]; e != nil {
		e.last = at
		return
	}
	c.of[string(c.id)] = &ends{at, at}
}

func (c *comparison) choose(p picker) {
	if p.some {
		c.chosen = append(c.chosen, p.time)
	}
}

// partAt returns the part that holds a stored time, which is in that one or a later one.
func partAt(parts []Part, at int64, from int) int {
	for i := max(from, 0); i < len(parts); i++ {
		if at < parts[i].Span.End {
			return i
		}
	}
	return len(parts) - 1
}

// picker chooses one of the times that it is offered, by a hash of them and of what is known only when rows are stored.
type picker struct {
	seed uint64
	best uint64
	time int64
	some bool
}

func newPicker(sha256 string, span Span) picker {
	h := fnv.New64a()
	seed, _ := hex.DecodeString(sha256) // checked when the manifest was read
	h.Write(seed)
	binary.Write(h, binary.LittleEndian, span)
	return picker{seed: h.Sum64()}
}

func (p *picker) offer(at int64) {
	if h := mix(uint64(at) ^ p.seed); !p.some || h < p.best {
		p.best, p.time, p.some = h, at, true
	}
}

// mix is the finalizer of splitmix64: near times have hashes far apart.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// times returns the times at which all rows are compared.
func (c *comparison) times() []int64 {
	var late []int64
	for _, e := range c.of {
		late = append(late, e.first)
	}
	slices.Sort(late)
	late = slices.Compact(late)
	slices.SortFunc(late, func(a, b int64) int { return cmp.Compare(mix(uint64(a)), mix(uint64(b))) })
	times := append(slices.Clone(c.chosen), c.first, c.last)
	times = append(times, late[:min(len(late), lateStarts)]...)
	slices.Sort(times)
	return slices.Compact(times)
}

// at compares all rows at times in order.
func (c *comparison) at(ctx context.Context, times []int64) error {
	now, err := c.view.At(ctx, c.table, times)
	if err != nil {
		return err
	}
	pieces := make([]*frame.Frame, len(times))
	for i, at := range times {
		if pieces[i], err = c.d.Rows(ctx, c.m.ID, at, at+1); err != nil {
			return err
		}
	}
	stored, err := frame.Concat(pieces...)
	if err == nil {
		c.found.compare(stored, now)
	}
	return err
}

// nothing expects that there are no rows in a span.
func (c *comparison) nothing(ctx context.Context, s Span) error {
	if s.Empty() {
		return nil
	}
	for f, err := range c.view.Rows(ctx, c.table, s.Start, s.End) {
		if err != nil {
			return err
		}
		if f.Rows() > 0 {
			c.found.compare(f.Slice(0, 0), f)
			return nil
		}
	}
	return ctx.Err()
}

// late expects that there are no rows after the last time. Where a sibling's snapshot was taken before its last rows had come, nothing has been adjusted:
// that end is fetched, and not taken.
func (c *comparison) late(ctx context.Context, s Span) error {
	if c.step == nil {
		return c.nothing(ctx, s)
	}
	since := c.found
	if err := c.nothing(ctx, s); err != nil || c.found.n == since.n {
		return err
	}
	c.found = since
	c.step.untake(c.d, s)
	return nil
}

// lastRows compares the rows by which values after the last time are told, as far as they are of the stretch.
func (c *comparison) lastRows(ctx context.Context) error {
	now, err := c.view.Before(ctx, c.table, c.last+1)
	if err != nil {
		return err
	}
	var stored *frame.Frame
	for f, err := range c.d.Scan(ctx, c.m.ID, c.span.Start, c.span.End) {
		if err == nil && stored != nil {
			f, err = frame.Concat(stored, f)
		}
		if err != nil {
			return err
		}
		stored = AsOf(f)
	}
	c.found.compare(stored, now.Between(c.span.Start, c.last+1))
	return nil
}

// appendIdentifier appends what tells one identifier's rows from another's: the key without time_index.
func appendIdentifier(id []byte, f *frame.Frame, row int) []byte {
	for k := 1; k < f.Schema().Key; k++ {
		v := f.Column(k).ValueStr(row)
		id = append(strconv.AppendInt(id, int64(len(v)), 10), ':')
		id = append(id, v...)
	}
	return id
}

// findings are the first differences that were found, in words.
type findings struct {
	n     int
	lines []string
}

const shownFindings = 5

func (f *findings) add(format string, args ...any) {
	switch f.n++; {
	case f.n <= shownFindings:
		f.lines = append(f.lines, fmt.Sprintf(format, args...))
	case f.n == shownFindings+1:
		f.lines = append(f.lines, "...")
	}
}

// compare notes how rows differ by the columns that both have. Both are sorted by the key.
func (f *findings) compare(was, is *frame.Frame) {
	a, b, ok := commonColumns(was, is)
	if !ok {
		f.add("the key was of (%s), is of (%s)", was.Schema(), is.Schema())
		return
	}
	for i, j := 0, 0; i < a.Rows() || j < b.Rows(); {
		order := 0
		switch {
		case i == a.Rows():
			order = 1
		case j == b.Rows():
			order = -1
		default:
			order = frame.Compare(a, i, b, j)
		}
		switch {
		case order < 0:
			f.add("%s: the row is gone", showKey(a, i))
		case order > 0:
			f.add("%s: there was no such row", showKey(b, j))
		default:
			f.values(a, i, b, j)
		}
		if order <= 0 {
			i++
		}
		if order >= 0 {
			j++
		}
	}
}

func (f *findings) values(a *frame.Frame, i int, b *frame.Frame, j int) {
	s := a.Schema()
	for k := s.Key; k < len(s.Fields); k++ {
		if !sameValue(a.Column(k), i, b.Column(k), j) {
			f.add("%s: %s was %s, is %s", showKey(a, i), s.Fields[k].Name, showCell(a.Column(k), i), showCell(b.Column(k), j))
		}
	}
}

func showCell(c arrow.Array, i int) string {
	if c.IsNull(i) {
		return "missing"
	}
	return c.ValueStr(i)
}
