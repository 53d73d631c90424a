package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// everything is a relation with a column of each encoding.
func everything() *relation {
	r := &relation{}
	add := func(name string, enc encoding, typ frame.Type) {
		f := frame.Field{Name: name, Type: typ}
		r.cols = append(r.cols, column{attribute: attribute{name: name}, field: f, enc: enc})
		r.schema.Fields = append(r.schema.Fields, f)
	}
	add("time_index", asTimestamp, frame.Timestamp)
	add("unique_identifier", asText, frame.String)
	add("f8", asFloat8, frame.Float64)
	add("f4", asFloat4, frame.Float64)
	add("n", asNumeric, frame.Float64)
	add("i2", asInt2, frame.Int64)
	add("i4", asInt4, frame.Int64)
	add("i8", asInt8, frame.Int64)
	add("b", asBool, frame.Bool)
	add("d", asDate, frame.Date)
	r.schema.Key = 2
	return r
}

const everythingSQL = `copy (select timestamptz '2022-01-03' + i * interval '1 day', 'ID' || i, i / 3.0::float8, (i / 3.0)::float4, case when i %% 3 <> 0 then i / 7.0 end,
	i::int2, i::int4, case when i %% 2 = 0 then i::int8 end, i %% 2 = 0, date '2022-01-03' + i from generate_series(1, %d) i) to stdout (format binary)`

// streamOf returns what a server sends.
func streamOf(t testing.TB, sql string) []byte {
	t.Helper()
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var b strings.Builder
	if _, err := c.CopyTo(ctx, &b, sql); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

// decode feeds a stream in pieces.
func decode(stream []byte, piece int) (*frame.Frame, error) {
	r := everything()
	d := newDecoder(r)
	d.b = newBlock(r.cols, 16)
	for i := 0; i < len(stream); i += piece {
		if err := d.feed(stream[i:min(i+piece, len(stream))]); err != nil {
			return nil, err
		}
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return d.b.frame(r.schema, nil)
}

func TestDecodePieces(t *testing.T) {
	stream := streamOf(t, fmt.Sprintf(everythingSQL, 5))
	whole, err := decode(stream, len(stream))
	if err != nil || whole.Rows() != 5 {
		t.Fatalf("%v, %v", whole, err)
	}
	for piece := 1; piece < 50; piece++ {
		f, err := decode(stream, piece)
		if err != nil || text(f) != text(whole) {
			t.Errorf("in pieces of %d: %v", piece, err)
		}
	}
	for n := range stream {
		if _, err := decode(stream[:n], n+1); err == nil {
			t.Errorf("no error from the first %d of %d bytes", n, len(stream))
		}
	}
}

func FuzzDecode(f *testing.F) {
	// A row as PostgreSQL sends it, so that fuzzing needs no server.
	seed, _ := hex.DecodeString("5047434f50590aff0d0a000000000000000000" +
		"000a" + "00000008" + "000277d4a1e28000" + "00000003" + "494431" + "00000008" + "3fd5555555555555" + "00000004" + "3eaaaaab" +
		"0000000c" + "0002ffff00000014" + "05941651" + "00000002" + "0001" + "00000004" + "00000001" + "ffffffff" + "00000001" + "00" + "00000004" + "00001f67" +
		"ffff")
	if _, err := decode(seed, 7); err != nil {
		f.Fatal(err)
	}
	f.Add(seed, 7)
	f.Add(seed[:40], 1)
	f.Add([]byte("PGCOPY\n\xff\r\n\x00"), 3)
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		if piece < 1 || piece > 1<<16 {
			piece = 64
		}
		got, err := decode(stream, piece)
		if err == nil && got.Schema().Key != 2 {
			t.Error("no frame and no error")
		}
		// What ends early is an error, and where a stream is cut does not matter.
		again, err2 := decode(stream, len(stream)+1)
		if (err == nil) != (err2 == nil) || err == nil && text(got) != text(again) {
			t.Errorf("in pieces: %v, whole: %v", err, err2)
		}
		if err == nil && len(stream) > 0 {
			if _, err := decode(stream[:len(stream)-1], piece); err == nil {
				t.Error("a truncated stream is no error")
			}
		}
	})
}

func TestDecimals(t *testing.T) {
	texts := []string{"0", "1", "-1", "0.1", "0.5", "12345678901.123456", "9007199254740993", "0.30000000000000004", "1e22", "1e23", "123e-25", "1e308",
		"-1.7976931348623157e308", "4.9e-324", "100000000", "0.00001", "99999999999999999999.99999999999", "NaN"}
	var selects []string
	for i, x := range texts {
		selects = append(selects, fmt.Sprintf("(%d, '%s'::numeric)", i, x))
	}
	stream := streamOf(t, "copy (select timestamptz '2022-01-03', i::text, null::float8, null::float4, n, null::int2, null::int4, null::int8, null::bool, null::date from (values "+
		strings.Join(selects, ", ")+") v(i, n) order by v.i) to stdout (format binary)")
	f, err := decode(stream, len(stream))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Floats("n")
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range texts {
		want, _ := strconv.ParseFloat(x, 64)
		if math.Float64bits(got[i]) != math.Float64bits(want) && !(math.IsNaN(want) && math.IsNaN(got[i])) {
			t.Errorf("%s is %v, want %v", x, got[i], want)
		}
	}
}

// Whatever digits come, the result is the double nearest to them.
func TestDecimalIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.IntRange(0, 9999), 1, 12).Draw(t, "digits")
		weight := rapid.IntRange(-20, 20).Draw(t, "weight")
		p := []byte{0, byte(len(digits)), byte(uint16(weight) >> 8), byte(weight), 0, 0, 0, 0}
		text := "0"
		for _, d := range digits {
			p = append(p, byte(d>>8), byte(d))
			text += fmt.Sprintf("%04d", d)
		}
		want, _ := strconv.ParseFloat(fmt.Sprintf("%se%d", text, 4*(weight-len(digits)+1)), 64)
		got, err := decimal(p)
		if err != nil || got != want {
			t.Fatalf("%s times ten to the power of %d is %v, want %v (%v)", text, 4*(weight-len(digits)+1), got, want, err)
		}
	})
}
