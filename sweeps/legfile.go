package sweeps

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unsafe"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/lake"
)

// A file of legs. Numbers are little endian:
//
//	magic
//	grids    the times of a grid, int64 each
//	legs     a byte a row, 1 where there are weights; then earned, change and gross, float64 each
//	index    the meta as JSON, its length before it (uint32); then an entry a leg, in order of their keys
//	trailer  where the index begins (uint64), how many entries (uint32), CRC-32C of the index and of all before (uint32 each)
//
// They are plain numbers, not Parquet: a sweep of 330 legs writes and reads them in a few milliseconds, a Parquet file of the same takes
// ten times as long, and nobody but the next sweep reads them. Package lake verifies the checksum at the end.
const (
	legsPrefix    = "legs-"
	legsExtension = ".bin"
	legsMagic     = "TDLEGS01"
	legsTrailer   = 8 + 4 + 4 + 4
)

// legMeta is what a file of legs says of itself.
type legMeta struct {
	Format  int                 `json:"format"`
	Sources []string            `json:"sources"`         // see Plan.sources
	Notes   map[string]legNotes `json:"notes,omitempty"` // by a leg's key in hexadecimal: those that have any
}

// legNotes is what there is to say of a leg.
type legNotes struct {
	Unpriced []compute.Unpriced `json:"unpriced,omitempty"`
	Warnings []string           `json:"warnings,omitempty"`
}

// legEntry is a leg in the index.
type legEntry struct {
	Key             compute.LegKey
	Grid, At        int64 // where its times and its values begin
	Rows            uint32
	GridSum, LegSum uint32 // CRC-32C
	_               uint32
}

var (
	legEntryBytes = int64(binary.Size(legEntry{}))
	castagnoli    = crc32.MakeTable(crc32.Castagnoli)
)

// legBytes is what a leg's values take.
func legBytes(rows int) int64 { return int64(rows) * (1 + 3*8) }

// legFile is an open file of legs.
type legFile struct {
	path   string
	file   *os.File
	size   int64
	meta   legMeta
	places map[compute.LegKey]legPlace

	mu    sync.Mutex
	grids map[int64][]int64 // that were read, by where they begin: legs share them
}

// legPlace is where a leg is.
type legPlace struct {
	f *legFile
	e legEntry
}

// writeLegs commits a file and opens it.
func writeLegs(dir string, legs map[compute.LegKey]*compute.Leg, meta legMeta) (*legFile, error) {
	number, err := nextNumber(dir, legsPrefix)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s%05d%s", legsPrefix, number, legsExtension)
	err = lake.WriteFile(context.Background(), dir, name, func(w io.Writer) error {
		return encodeLegs(w, legs, meta)
	})
	if err != nil {
		return nil, err
	}
	return openLegs(filepath.Join(dir, name))
}

// summed counts and sums what is written.
type summed struct {
	w    io.Writer
	at   int64
	all  uint32
	last uint32 // since it was set to 0
	err  error
}

func (s *summed) write(p []byte) {
	if s.err != nil {
		return
	}
	_, s.err = s.w.Write(p)
	s.at += int64(len(p))
	s.all, s.last = crc32.Update(s.all, castagnoli, p), crc32.Update(s.last, castagnoli, p)
}

func encodeLegs(w io.Writer, legs map[compute.LegKey]*compute.Leg, meta legMeta) error {
	s := &summed{w: w}
	s.write([]byte(legsMagic))
	var entries []legEntry
	notes := map[string]legNotes{}
	grids := map[*int64]legEntry{} // by the memory that legs share, their sums and where they are
	for _, key := range slices.SortedFunc(maps.Keys(legs), func(a, b compute.LegKey) int { return bytes.Compare(a[:], b[:]) }) {
		leg := legs[key]
		e := legEntry{Key: key, Rows: uint32(len(leg.Times))}
		if len(leg.Times) > 0 {
			grid, ok := grids[&leg.Times[0]]
			if !ok || grid.Rows != e.Rows {
				grid = legEntry{Grid: s.at, Rows: e.Rows}
				s.last = 0
				s.write(littleEndian(leg.Times))
				grid.GridSum = s.last
				grids[&leg.Times[0]] = grid
			}
			e.Grid, e.GridSum = grid.Grid, grid.GridSum
		}
		e.At, s.last = s.at, 0
		s.leg(leg)
		e.LegSum = s.last
		entries = append(entries, e)
		if len(leg.Unpriced)+len(leg.Warnings) > 0 {
			notes[hex.EncodeToString(key[:])] = legNotes{leg.Unpriced, leg.Warnings}
		}
	}
	meta.Notes = notes
	head, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	index := s.at
	s.last = 0
	s.write(binary.LittleEndian.AppendUint32(nil, uint32(len(head))))
	s.write(head)
	text, err := binary.Append(nil, binary.LittleEndian, entries)
	if err != nil {
		return err
	}
	s.write(text)
	sum := s.last
	s.write(binary.LittleEndian.AppendUint64(nil, uint64(index)))
	s.write(binary.LittleEndian.AppendUint32(nil, uint32(len(entries))))
	s.write(binary.LittleEndian.AppendUint32(nil, sum))
	s.write(binary.LittleEndian.AppendUint32(nil, s.all))
	return s.err
}

func (s *summed) leg(leg *compute.Leg) {
	has := make([]byte, len(leg.Has))
	for i, yes := range leg.Has {
		if yes {
			has[i] = 1
		}
	}
	s.write(has)
	for _, column := range [][]float64{leg.Earned, leg.Change, leg.Gross} {
		s.write(littleEndian(column))
	}
}

// littleEndian returns the bytes of numbers, where the machine has them so as they are in memory.
func littleEndian[T int64 | float64](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 8*len(v))
	}
	out, _ := binary.Append(nil, binary.LittleEndian, v) // numbers can always be written
	return out
}

// openLegs reads the index of a file.
func openLegs(path string) (*legFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &legFile{path: path, file: file, places: map[compute.LegKey]legPlace{}, grids: map[int64][]int64{}}
	if err := f.readIndex(); err != nil {
		file.Close()
		return nil, f.damage(err)
	}
	return f, nil
}

func (f *legFile) damage(err error) error {
	return lake.Unreadable(f.path, err, "remove that file; the next sweep computes again what it needs of it")
}

func (f *legFile) readIndex() error {
	st, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.size = st.Size()
	end := f.size - int64(legsTrailer)
	if end < int64(len(legsMagic)) {
		return errors.New("it is too short for a file of legs")
	}
	trailer, err := f.bytes(nil, end, int64(legsTrailer))
	if err != nil {
		return err
	}
	at, count := binary.LittleEndian.Uint64(trailer), int64(binary.LittleEndian.Uint32(trailer[8:]))
	if at > uint64(end) {
		return errors.New("it does not end as a file of legs does")
	}
	index, err := f.bytes(nil, int64(at), end-int64(at))
	if err != nil {
		return err
	}
	if sum := binary.LittleEndian.Uint32(trailer[12:]); len(index) < 4 || crc32.Checksum(index, castagnoli) != sum {
		return errors.New("its index is not what was written")
	}
	head := int64(binary.LittleEndian.Uint32(index))
	if int64(len(index)) != 4+head+count*legEntryBytes {
		return fmt.Errorf("its index of %d legs has %d bytes", count, len(index))
	}
	if err := json.Unmarshal(index[4:4+head], &f.meta); err != nil {
		return fmt.Errorf("its index begins with no readable meta: %w", err)
	}
	if f.meta.Format > formatVersion {
		return &lake.NewerFormatError{Path: f.path, Format: f.meta.Format}
	}
	entries := make([]legEntry, count)
	if _, err := binary.Decode(index[4+head:], binary.LittleEndian, entries); err != nil {
		return err
	}
	for _, e := range entries {
		f.places[e.Key] = legPlace{f, e}
	}
	return nil
}

// bytes reads a part of the file, which must be inside it, into buf where that is long enough.
func (f *legFile) bytes(buf []byte, at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > f.size || n > f.size-at {
		return nil, fmt.Errorf("it has no %d bytes at %d", n, at)
	}
	buf = slices.Grow(buf[:0], int(n))[:n]
	_, err := f.file.ReadAt(buf, at)
	return buf, err
}

// checked reads a part of the file, into buf where that is long enough, and holds it against its checksum.
func (f *legFile) checked(buf []byte, at, n int64, sum uint32) ([]byte, error) {
	buf, err := f.bytes(buf, at, n)
	if err == nil && crc32.Checksum(buf, castagnoli) != sum {
		err = fmt.Errorf("the checksum of %d bytes at %d is wrong", n, at)
	}
	return buf, err
}

// legRoom is what legs are read into, before they are taken apart: memory that was touched already.
var legRoom = sync.Pool{New: func() any { return new([]byte) }}

// load reads a leg.
func (p legPlace) load() (*compute.Leg, error) {
	times, err := p.f.grid(p.e)
	if err != nil {
		return nil, p.f.damage(err)
	}
	rows := len(times)
	room := legRoom.Get().(*[]byte)
	defer legRoom.Put(room)
	*room, err = p.f.checked(*room, p.e.At, legBytes(rows), p.e.LegSum)
	if err != nil {
		return nil, p.f.damage(err)
	}
	buf := *room
	leg := compute.NewLeg(times)
	for i := range leg.Has {
		leg.Has[i] = buf[i] != 0
	}
	buf = buf[rows:]
	for _, column := range [][]float64{leg.Earned, leg.Change, leg.Gross} {
		for i := range column {
			column[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
		}
		buf = buf[8*rows:]
	}
	notes := p.f.meta.Notes[hex.EncodeToString(p.e.Key[:])]
	leg.Unpriced, leg.Warnings = notes.Unpriced, notes.Warnings
	return leg, nil
}

// grid reads a leg's times, once for all legs that share them.
func (f *legFile) grid(e legEntry) ([]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if times, ok := f.grids[e.Grid]; ok && len(times) == int(e.Rows) {
		return times, nil
	}
	buf, err := f.checked(nil, e.Grid, 8*int64(e.Rows), e.GridSum)
	if err != nil {
		return nil, err
	}
	times := make([]int64, e.Rows)
	for i := range times {
		times[i] = int64(binary.LittleEndian.Uint64(buf[8*i:]))
	}
	f.grids[e.Grid] = times
	return times, nil
}
