package lake

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/frame"
)

// everyType has a column of every type, in the key and outside it.
var everyType = frame.Schema{Key: 3, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "leg", Type: frame.Int64},
	{Name: "z", Type: frame.Float64}, {Name: "a", Type: frame.Int64}, {Name: "open", Type: frame.Bool}, {Name: "note", Type: frame.String},
	{Name: "paid", Type: frame.Timestamp}, {Name: "day", Type: frame.Date},
}}

// sampleFrame returns rows of everyType, one an hour from the given time, whose values missing(i) leaves out.
func sampleFrame(from int64, rows int, missing func(i, col int) bool) *frame.Frame {
	const hour = 3_600_000_000
	b := frame.NewBuilder(everyType)
	for i := range rows {
		b.Time(0, from+int64(i)*hour)
		b.String(1, []string{"", "XLF", "JPM", "Ä\x00\U0001f600"}[i%4])
		b.Int(2, int64(i%3)-1)
		for col := 3; col < len(everyType.Fields); col++ {
			switch {
			case missing(i, col):
				b.Missing(col)
			case col == 3:
				b.Float(col, []float64{0, math.Copysign(0, -1), 1e-300, -math.MaxFloat64, math.Pi}[i%5]*float64(i))
			case col == 4:
				b.Int(col, []int64{math.MinInt64, math.MaxInt64, 0, int64(i)}[i%4])
			case col == 5:
				b.Bool(col, i%3 == 0)
			case col == 6:
				b.String(col, []string{"", "a note", "a\nnote"}[i%3])
			case col == 7:
				b.Time(col, []int64{minTime, maxTime, -1, int64(i)}[i%4])
			default:
				b.Date(col, []int32{math.MinInt32, math.MaxInt32, int32(i)}[i%3])
			}
		}
	}
	return b.Frame()
}

func nothingMissing(int, int) bool { return false }

func someMissing(i, col int) bool { return (i*7+col*13)%5 == 0 || i/50%3 == 1 && col%2 == 0 }

// storeFrame writes a frame to a file.
func storeFrame(t testing.TB, f *frame.Frame) (path string, size int64) {
	t.Helper()
	dir := t.TempDir()
	size, sum, err := writeFrame(osFS{}, dir, "part.parquet", f)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "part.parquet")
	if st, err := os.Stat(path); err != nil || st.Size() != size || len(sum) != 64 {
		t.Fatal(st, size, sum, err)
	}
	return path, size
}

// loadFrame reads all rows of a file.
func loadFrame(path string, size int64, schema frame.Schema) (*frame.Frame, error) {
	r := &reading{schema: schema, stored: columnsOf(schema), summed: true}
	for i := range schema.Fields {
		r.cols = append(r.cols, i)
	}
	defer r.close()
	if err := r.add(context.Background(), beginning, math.MaxInt64, written{path: path, bytes: size}); err != nil {
		return nil, err
	}
	return r.frame(context.Background())
}

func TestFilesReadBackBitForBit(t *testing.T) {
	for name, missing := range map[string]func(i, col int) bool{
		"nothing missing": nothingMissing, "some missing": someMissing, "all missing": func(int, int) bool { return true },
	} {
		sizes := []int{0, 1, 8, 9, 4096, 4097}
		if name == "some missing" {
			sizes = append(sizes, groupRows, groupRows+1, 2*groupRows+77)
		}
		for _, rows := range sizes {
			f := sampleFrame(0, rows, missing)
			path, size := storeFrame(t, f)
			got, err := loadFrame(path, size, everyType)
			if err != nil {
				t.Fatal(name, rows, err)
			}
			if got.Digest() != f.Digest() || !nanUnderNulls(got, "z") {
				t.Fatalf("%s: %d rows came back otherwise", name, rows)
			}
		}
	}
}

// TestPartsOfEarlierVersionsAreRead reads a part from when whole numbers, times and dates were PLAIN.
func TestPartsOfEarlierVersionsAreRead(t *testing.T) {
	path := filepath.Join("testdata", "plain.parquet")
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := loadFrame(path, st.Size(), everyType)
	if err != nil || got.Digest() != sampleFrame(1e15, 100, someMissing).Digest() {
		t.Fatal("came back otherwise", err)
	}
}

// nanUnderNulls reports whether a float column is NaN exactly where it is null.
func nanUnderNulls(f *frame.Frame, name string) bool {
	vals, err := f.Floats(name)
	for i, v := range vals {
		if math.IsNaN(v) != f.Named(name).IsNull(i) {
			return false
		}
	}
	return err == nil
}

func TestFilesReadBackWhateverTheRows(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		holes := rapid.SliceOfN(rapid.Bool(), 1, 64).Draw(t, "holes")
		f := sampleFrame(rapid.Int64Range(-1e12, 1e12).Draw(t, "from"), rapid.IntRange(0, 300).Draw(t, "rows"), func(i, col int) bool { return holes[(i*9+col)%len(holes)] })
		size, _, err := writeFrame(osFS{}, dir, "part.parquet", f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loadFrame(filepath.Join(dir, "part.parquet"), size, everyType)
		if err != nil || got.Digest() != f.Digest() {
			t.Fatal("came back otherwise", err)
		}
	})
}

func TestEncodings(t *testing.T) {
	path, size := storeFrame(t, sampleFrame(0, groupRows+5, someMissing))
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := parquet.OpenFile(file, size)
	if err != nil {
		t.Fatal(err)
	}
	meta := p.Metadata()
	if len(meta.RowGroups) != 2 || meta.RowGroups[0].NumRows != groupRows || p.Schema().Name() != "rows" {
		t.Fatalf("%d row groups, the first of %d rows, below %s", len(meta.RowGroups), meta.RowGroups[0].NumRows, p.Schema().Name())
	}
	want := map[string]string{frame.TimeIndex: "DELTA_BINARY_PACKED", frame.UniqueIdentifier: "PLAIN RLE_DICTIONARY", "note": "PLAIN RLE RLE_DICTIONARY",
		"leg": "DELTA_BINARY_PACKED", "paid": "DELTA_BINARY_PACKED RLE", "z": "PLAIN RLE", "a": "DELTA_BINARY_PACKED RLE", "open": "PLAIN RLE", "day": "DELTA_BINARY_PACKED RLE"}
	for i, c := range meta.RowGroups[0].Columns {
		var got []string
		for _, e := range c.MetaData.Encoding {
			got = append(got, e.String())
		}
		slices.Sort(got)
		name := c.MetaData.PathInSchema[0]
		if joined := strings.Join(got, " "); joined != want[name] || name != everyType.Fields[i].Name {
			t.Errorf("column %d, %s: %s, not %s", i, name, joined, want[name])
		}
		if s := c.MetaData.Statistics; s.MinValue == nil || s.MaxValue == nil || c.MetaData.Codec.String() != "ZSTD" {
			t.Errorf("%s: no statistics, or not zstd: %+v, %v", name, s, c.MetaData.Codec)
		}
		if optional := p.Root().Column(name).Optional(); optional != (i >= everyType.Key) {
			t.Errorf("%s: optional is %v", name, optional)
		}
	}
}

func TestManyDistinctStrings(t *testing.T) {
	b := frame.NewBuilder(frame.Schema{Key: 2, Fields: everyType.Fields[:2]})
	for i := range groupRows {
		b.Time(0, int64(i/2))
		b.Bytes(1, bytes.Repeat([]byte{byte('a' + i%2), byte(i), byte(i >> 8), byte(i >> 16)}, 8))
	}
	f := b.Frame()
	path, size := storeFrame(t, f) // its dictionary outgrows dictionaryMax: later pages hold the strings themselves
	got, err := loadFrame(path, size, f.Schema())
	if err != nil || got.Digest() != f.Digest() {
		t.Fatal("came back otherwise", err)
	}
}

// TestBytesStayTheSame holds the format: another sum here makes every lake's next parts differ from those it has.
func TestBytesStayTheSame(t *testing.T) {
	_, sum, err := writeFrame(osFS{}, t.TempDir(), "part.parquet", sampleFrame(1e15, 1000, someMissing))
	if err != nil {
		t.Fatal(err)
	}
	if want := "684c4f192520cba4963ba828c812458ead65b34cac4768ea16f695099458166f"; sum != want {
		t.Errorf("SHA-256 %s, not %s", sum, want)
	}
}
