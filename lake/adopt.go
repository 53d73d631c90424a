package lake

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// adoption is a part that a sibling has: another date range of the same datalake, taken from the same database.
type adoption struct {
	from *DateRange
	id   string
	part Part
}

// taking is what of a node is taken from one sibling.
type taking struct {
	from  *DateRange
	m     *Manifest
	spans Spans
}

func (a adoption) path() string {
	return filepath.Join(a.from.NodeDir(a.id), filepath.FromSlash(a.part.Path))
}

// others returns the other date ranges of the datalake.
func (d *DateRange) others() ([]*DateRange, error) {
	all, err := Ranges(filepath.Dir(d.lake), filepath.Base(d.lake))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o *DateRange) bool { return o.Name() == d.Name() }), nil
}

// takeFrom fills the step's gaps with what siblings have.
func (s *step) takeFrom(siblings []*DateRange) error {
	var all []taking
	for _, sib := range siblings {
		m, err := sib.Manifest(s.node.ID())
		if err != nil || m.Origin != FromDatabase {
			continue // what is wrong with a sibling shows where it is used
		}
		all = append(all, taking{from: sib, m: m})
	}
	slices.SortStableFunc(all, func(a, b taking) int { return cmp.Compare(s.fills(b.m), s.fills(a.m)) })
	for _, t := range all {
		if len(s.gaps) == 0 {
			return nil
		}
		sib, m := t.from, t.m
		if s.like != nil && (s.by != m.Partitioning || !s.like.Schema().Equal(m.Schema())) {
			continue
		}
		if err := s.take(sib, m); err != nil {
			return err
		}
	}
	return nil
}

// fills returns how much of the step's gaps a sibling covers: the one that covers most comes first, so that as few vintages as can be meet.
func (s *step) fills(m *Manifest) (us int64) {
	for _, gap := range s.gaps {
		for _, covered := range m.Covered {
			if both := gap.Clip(covered).Clip(Span{minTime, maxTime}); !both.Empty() {
				us += both.End - both.Start
			}
		}
	}
	return us
}

// take takes over what a sibling covers of the gaps: parts that lie in them whole, and ranges known to have no rows. What a
// part that sticks out covers is left to be fetched.
func (s *step) take(sib *DateRange, m *Manifest) error {
	for _, gap := range s.gaps {
		for _, covered := range m.Covered {
			within := gap.Clip(covered)
			if within.Empty() {
				continue
			}
			free, parts := Spans{within}, []adoption(nil)
			for _, part := range m.Parts {
				if !part.Span.Overlaps(within) {
					continue
				}
				a := adoption{sib, m.ID, part}
				whole, err := isWhole(a.path(), part.Bytes)
				if err != nil || !whole || !within.Contains(part.Span) {
					free = free.remove(part.Span)
					continue
				}
				parts = append(parts, a)
			}
			s.takeSpans(sib, m, free, parts)
		}
	}
	return nil
}

func (s *step) takeSpans(sib *DateRange, m *Manifest, free Spans, parts []adoption) {
	if len(free) == 0 {
		return
	}
	s.like, s.by = m, m.Partitioning
	s.adopt = append(s.adopt, parts...)
	if n := len(s.takes); n == 0 || s.takes[n-1].from != sib {
		s.takes = append(s.takes, taking{from: sib, m: m})
	}
	took := &s.takes[len(s.takes)-1]
	for _, span := range free {
		s.cover = s.cover.Add(span)
		s.gaps = s.gaps.remove(span)
		took.spans = took.spans.Add(span)
	}
}

// giveUp turns back what a step was to take of siblings: everything is fetched.
func (s *step) giveUp() {
	s.like, s.by, s.adopt, s.takes, s.cover = nil, "", nil, nil, nil
	s.gaps = Spans{s.want}
}

// link takes a part over: by a hard link, or a copy where the file system has none. ok is false where the sibling's file is
// not what its manifest says.
func (d *DateRange) link(ctx context.Context, a adoption) (ok bool, err error) {
	to := filepath.Join(d.NodeDir(a.id), filepath.FromSlash(a.part.Path))
	err = d.linkFile(ctx, a.path(), to)
	if unreadable := (*ReadError)(nil); errors.As(err, &unreadable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	size, sum, err := digestFile(ctx, to)
	if err != nil {
		return false, err
	}
	if size != a.part.Bytes || sum != a.part.SHA256 {
		if err := d.fs.RemoveAll(to); err != nil {
			return false, &WriteError{to, err}
		}
		return false, nil
	}
	if err := d.fs.SyncDir(filepath.Dir(to)); err != nil {
		return false, &WriteError{filepath.Dir(to), err}
	}
	return true, nil
}

// linkFile makes a second name for a file, or copies it, in place of what may be there.
func (d *DateRange) linkFile(ctx context.Context, from, to string) error {
	if err := makeDir(d.fs, filepath.Dir(to)); err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		if err := d.fs.RemoveAll(to); err != nil {
			return &WriteError{to, err}
		}
	}
	if d.fs.Link(from, to) == nil {
		return nil
	}
	f, err := os.Open(from)
	if err != nil {
		return &ReadError{from, err}
	}
	defer f.Close()
	return writeFile(ctx, d.fs, filepath.Dir(to), filepath.Base(to), func(w io.Writer) error {
		if _, err := io.Copy(w, f); err != nil {
			return &ReadError{from, err} // an error of w shows as a WriteError before this one
		}
		return nil
	})
}
