package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/tdlake/tdlake/frame"
)

// null appends a missing value.
func (d *decoder) null(i int) error {
	c := &d.cols[i]
	switch {
	case i < d.key:
		return &nullKey{column: *c}
	case c.field.Type == frame.Float64:
		d.b.cols[i].floats = append(d.b.cols[i].floats, math.NaN())
	default:
		d.b.cols[i].missing(c.field.Type, d.b.rows)
	}
	return nil
}

// infinity appends a missing value for an infinite time, which no key can have.
func (d *decoder) infinity(i int) error {
	if i < d.key {
		return &badValue{d.cols[i], "is infinite in a row, and is in the key"}
	}
	d.infinities[i]++
	return d.null(i)
}

// widths is how long a value of each encoding is, 0 where that varies.
var widths = [...]int{asFloat8: 8, asFloat4: 4, asInt2: 2, asInt4: 4, asInt8: 8, asBool: 1, asTimestamp: 8, asDate: 4, asMidnight: 4, asNumeric: 0, asText: 0}

func (d *decoder) value(i int, p []byte) error {
	c, v := &d.cols[i], &d.b.cols[i]
	if w := widths[c.enc]; w != 0 && w != len(p) {
		return fmt.Errorf("column %q: a value of %d bytes in place of %d", c.name, len(p), w)
	}
	switch c.enc {
	case asFloat8:
		d.float(i, math.Float64frombits(binary.BigEndian.Uint64(p)))
	case asText:
		return d.text(i, p)
	case asTimestamp:
		return d.timestamp(i, int64(binary.BigEndian.Uint64(p)))
	case asFloat4:
		d.float(i, float64(math.Float32frombits(binary.BigEndian.Uint32(p))))
	case asNumeric:
		f, err := decimal(p)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.name, err)
		}
		d.float(i, f)
	case asInt8:
		v.ints = append(v.ints, int64(binary.BigEndian.Uint64(p)))
	case asInt4:
		v.ints = append(v.ints, int64(int32(binary.BigEndian.Uint32(p))))
	case asInt2:
		v.ints = append(v.ints, int64(int16(binary.BigEndian.Uint16(p))))
	case asBool:
		v.ints = append(v.ints, int64(p[0]&1))
	case asDate, asMidnight:
		return d.date(i, int32(binary.BigEndian.Uint32(p)))
	}
	return nil
}

func (d *decoder) float(i int, f float64) {
	if math.IsInf(f, 0) {
		d.infinities[i]++
		f = math.NaN()
	}
	if f != f {
		f = math.NaN() // one NaN only, whatever bits came
	}
	d.b.cols[i].floats = append(d.b.cols[i].floats, f)
}

func (d *decoder) text(i int, p []byte) error {
	v := &d.b.cols[i]
	if !utf8.Valid(p) {
		return &badValue{d.cols[i], "holds text that is not UTF-8"}
	}
	if len(v.bytes)+len(p) > maxTextSize {
		return &badValue{d.cols[i], "has more than 2 GB of text at one time"}
	}
	v.bytes = append(v.bytes, p...)
	v.ends = append(v.ends, int32(len(v.bytes)))
	return nil
}

func (d *decoder) timestamp(i int, since2000 int64) error {
	switch {
	case since2000 == math.MaxInt64, since2000 == math.MinInt64:
		return d.infinity(i)
	case since2000 > math.MaxInt64-epoch2000:
		return &badValue{d.cols[i], "holds a time beyond the year 294246"}
	}
	d.b.cols[i].ints = append(d.b.cols[i].ints, since2000+epoch2000)
	return nil
}

func (d *decoder) date(i int, since2000 int32) error {
	if since2000 == math.MaxInt32 || since2000 == math.MinInt32 {
		return d.infinity(i)
	}
	days := int64(since2000) + days2000
	if d.cols[i].enc == asMidnight {
		if days > math.MaxInt64/day {
			return &badValue{d.cols[i], "holds a date beyond the year 294246"}
		}
		days *= day
	} else if days > math.MaxInt32 {
		return &badValue{d.cols[i], "holds a date that is out of range"}
	}
	d.b.cols[i].ints = append(d.b.cols[i].ints, days)
	return nil
}
