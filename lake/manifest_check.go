package lake

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/frame"
)

// check reports what makes a manifest unusable: what is read from disk is not trusted.
func (m *Manifest) check() error {
	for _, c := range []func() error{m.checkIdentity, m.checkSchema, m.checkCovered, m.checkParts, m.checkBefore, m.checkInputs} {
		if err := c(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manifest) checkIdentity() error {
	switch {
	case m.Format < 1:
		return fmt.Errorf("format %d", m.Format)
	case !isID(m.ID):
		return fmt.Errorf("%q is no local_hash_id", m.ID)
	case !isSHA(m.Hash) || !strings.HasSuffix(m.ID, "_"+m.Hash[:32]):
		return fmt.Errorf("the hash %q is not that of %s", m.Hash, m.ID)
	case m.Origin != FromDatabase && m.Origin != Computed:
		return fmt.Errorf("unknown origin %q", m.Origin)
	case !m.Partitioning.known():
		return fmt.Errorf("unknown partitioning %q", m.Partitioning)
	}
	return nil
}

func isSHA(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 64 && strings.ToLower(s) == s
}

func (m *Manifest) checkSchema() error {
	s := m.Schema()
	if err := s.Check(); err != nil {
		return err
	}
	if !slices.Equal(s.KeyNames(), m.Key) {
		return fmt.Errorf("the key (%s) is not the first columns (%s)", strings.Join(m.Key, ", "), s)
	}
	for _, f := range s.Fields {
		if f.Type < frame.Float64 || f.Type > frame.Date {
			return fmt.Errorf("column %q has no type", f.Name)
		}
	}
	return nil
}

func (m *Manifest) checkCovered() error {
	for i, s := range m.Covered {
		if s.Empty() || i > 0 && m.Covered[i-1].End >= s.Start {
			return fmt.Errorf("the covered range %s is out of order", s)
		}
	}
	return nil
}

func (m *Manifest) checkParts() error {
	rows := int64(0)
	for i, p := range m.Parts {
		switch {
		case p.Span.Empty() || p.Span.Start < minTime:
			return fmt.Errorf("part %q covers nothing", p.Path)
		case !m.Partitioning.span(p.Span.Start).Contains(p.Span):
			return fmt.Errorf("part %q is not within one %s", p.Path, m.Partitioning)
		case p.Path != m.Partitioning.path(p.Span):
			return fmt.Errorf("part %q should be %q", p.Path, m.Partitioning.path(p.Span))
		case i > 0 && m.Parts[i-1].Span.End > p.Span.Start:
			return fmt.Errorf("parts %q and %q overlap", m.Parts[i-1].Path, p.Path)
		case !m.Covered.Covers(p.Span):
			return fmt.Errorf("part %q is outside what is covered", p.Path)
		case p.Rows < 1 || p.Bytes < 1 || !isSHA(p.SHA256):
			return fmt.Errorf("part %q: %d rows, %d bytes, checksum %q", p.Path, p.Rows, p.Bytes, p.SHA256)
		}
		rows += p.Rows
	}
	if rows != m.Rows {
		return fmt.Errorf("%d rows in the parts, %d in all", rows, m.Rows)
	}
	return nil
}

func (m *Manifest) checkBefore() error {
	for i, b := range m.Before {
		switch {
		case b.At < minTime || b.Name != stamp(b.At)+parquetExt:
			return fmt.Errorf("the as-of file %q is misnamed", b.Name)
		case i > 0 && m.Before[i-1].At >= b.At:
			return fmt.Errorf("the as-of file %q is out of order", b.Name)
		case b.Rows < 0 || b.Bytes < 1 || !isSHA(b.SHA256):
			return fmt.Errorf("the as-of file %q: %d rows, %d bytes, checksum %q", b.Name, b.Rows, b.Bytes, b.SHA256)
		}
	}
	return nil
}

func (m *Manifest) checkInputs() error {
	for _, in := range m.Inputs {
		if !isID(in.Node) || in.Path == "" || !isSHA(in.SHA256) {
			return fmt.Errorf("the input %q of %q has the checksum %q", in.Path, in.Node, in.SHA256)
		}
	}
	return nil
}
