package lake

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
)

func us(s string) int64 {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// priceFrame returns rows of two identifiers a minute.
func priceFrame(from int64, rows int) *frame.Frame {
	b := frame.NewBuilder(frame.Long("close", "volume"))
	for i := range rows {
		b.Time(0, from+int64(i/2)*60_000_000)
		b.String(1, []string{"JPM", "XLF"}[i%2])
		b.Float(2, math.Round(math.Sin(float64(i))*1e4)/1e2)
		b.Float(3, []float64{math.NaN(), float64(i)}[min(i%7, 1)])
	}
	return b.Frame()
}

// cutInto writes a frame in batches of n rows.
func cutInto(t testing.TB, dir string, f *frame.Frame, by Partitioning, cover Span, n int) []Part {
	t.Helper()
	c := newCutter(osFS{}, dir, f.Schema(), by, cover)
	for at := 0; at < f.Rows(); at += n {
		if err := c.add(context.Background(), f.Slice(at, min(at+n, f.Rows()))); err != nil {
			c.abort()
			t.Fatal(err)
		}
	}
	parts, err := c.close(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestPartsDoNotDependOnBatches(t *testing.T) {
	from := us("2021-10-03T00:00:00Z")
	f := priceFrame(from, 2*groupRows+1000) // 91 days
	cover := Span{us("2021-11-15T00:00:00Z") - 43*24*3_600_000_000, us("2022-06-01T00:00:00Z")}
	whole := cutInto(t, t.TempDir(), f, ByYear, cover, f.Rows())
	for _, n := range []int{65536, 4096, 333} {
		if parts := cutInto(t, t.TempDir(), f, ByYear, cover, n); !reflect.DeepEqual(parts, whole) {
			t.Errorf("batches of %d rows:\n%v\nnot\n%v", n, parts, whole)
		}
	}
	tiny := f.Slice(0, 5000)
	if a, b := cutInto(t, t.TempDir(), tiny, ByMonth, cover, 1), cutInto(t, t.TempDir(), tiny, ByMonth, cover, 5000); !reflect.DeepEqual(a, b) {
		t.Errorf("row after row:\n%v\nnot\n%v", a, b)
	}
}

func TestPartsCoverTheirPartitions(t *testing.T) {
	dir := t.TempDir()
	old, late := priceFrame(us("2019-12-31T23:00:00Z"), 200), priceFrame(us("2022-02-28T23:59:00Z"), 10)
	f, err := frame.Concat(old, late)
	if err != nil {
		t.Fatal(err)
	}
	paths := func(parts []Part) (out []string) {
		for _, p := range parts {
			out = append(out, p.Path)
		}
		return out
	}
	got := paths(cutInto(t, dir, f, ByYear, Span{beginning, us("2022-03-01T12:00:00Z")}, 64))
	want := []string{"time_partition=2019/20190101_20200101.parquet", "time_partition=2020/20200101_20210101.parquet", "time_partition=2022/20220101_20220301T120000Z.parquet"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("by year: %q", got)
	}
	got = paths(cutInto(t, dir, f, ByMonth, Span{us("2019-12-31T22:30:00Z"), us("2022-03-02T00:00:00Z")}, 64))
	want = []string{"time_partition=2019-12/20191231T223000Z_20200101.parquet", "time_partition=2020-01/20200101_20200201.parquet",
		"time_partition=2022-02/20220201_20220301.parquet", "time_partition=2022-03/20220301_20220302.parquet"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("by month: %q", got)
	}
	if parts := cutInto(t, dir, frame.Empty(f.Schema()), ByYear, Span{0, 1}, 1); len(parts) != 0 {
		t.Errorf("no rows made %v", parts)
	}
}

func TestCutterRefusesRows(t *testing.T) {
	first := priceFrame(us("2021-01-01T00:00:00Z"), 10)
	for name, next := range map[string]*frame.Frame{
		"out of order": priceFrame(us("2020-12-31T00:00:00Z"), 10),
		"outside":      priceFrame(us("2023-01-01T00:00:00Z"), 10),
		"among rows":   sampleFrame(us("2021-02-01T00:00:00Z"), 1, nothingMissing),
	} {
		dir := t.TempDir()
		c := newCutter(osFS{}, dir, first.Schema(), ByYear, Span{us("2019-01-01T00:00:00Z"), us("2022-01-01T00:00:00Z")})
		if err := c.add(context.Background(), first); err != nil {
			t.Fatal(err)
		}
		if err := c.add(context.Background(), next); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		c.abort()
		expectNoFiles(t, dir)
	}
}

func expectNoFiles(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			t.Errorf("left behind: %s %v", path, err)
		}
		return nil
	})
}

func TestAbortLeavesNoTemporaryFile(t *testing.T) {
	dir := t.TempDir()
	f := priceFrame(us("2021-01-01T00:00:00Z"), 2*groupRows)
	c := newCutter(osFS{}, dir, f.Schema(), ByYear, Span{beginning, maxTime})
	if err := c.add(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	c.abort()
	expectNoFiles(t, dir)
	if err := c.add(context.Background(), f); err == nil {
		t.Error("it goes on after abort")
	}
}

func TestCutterStopsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	f := priceFrame(us("2021-01-01T00:00:00Z"), 100)
	c := newCutter(osFS{}, dir, f.Schema(), ByYear, Span{beginning, maxTime})
	if err := c.add(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if isTemp(filepath.Base(path)) {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
}

// fullDisk is a file system on which nothing more than room bytes has room.
type fullDisk struct {
	osFS
	room *int
}

type fullFile struct {
	file
	room *int
}

func (d fullDisk) Create(path string) (file, error) {
	f, err := d.osFS.Create(path)
	return fullFile{f, d.room}, err
}

func (f fullFile) Write(p []byte) (int, error) {
	if *f.room -= len(p); *f.room < 0 {
		return 0, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.file.Write(p)
}

func TestAFullDiskIsAWriteError(t *testing.T) {
	f := priceFrame(us("2021-01-01T00:00:00Z"), 6*groupRows)
	for _, room := range []int{0, 1, 100_000, 1_500_000} {
		dir := t.TempDir()
		c := newCutter(fullDisk{room: &room}, dir, f.Schema(), ByYear, Span{beginning, maxTime})
		err := c.add(context.Background(), f)
		if err == nil {
			_, err = c.close(context.Background())
		} else {
			c.abort()
		}
		var write *WriteError
		if !errors.As(err, &write) || !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(write.Path, dir) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
		expectNoFiles(t, dir)
	}
	room := 10
	if _, _, err := writeFrame(fullDisk{room: &room}, t.TempDir(), "x.parquet", f.Slice(0, 9)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("one frame: %v", err)
	}
}
