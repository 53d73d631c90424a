package lake

import (
	"context"
	"math"
	"testing"
)

// BenchmarkParts writes and reads what a lake is made of: a row is a time, an identifier and two floats.
//
//	go test ./lake -run '^$' -bench Parts -benchmem
func BenchmarkParts(b *testing.B) {
	from := us("2021-01-01T00:00:00Z")
	for _, size := range []struct {
		name string
		rows int
	}{{"110k", 110_000}, {"2M", 2_000_000}} {
		f := priceFrame(from, size.rows)
		b.Run("write/"+size.name, func(b *testing.B) {
			for b.Loop() {
				cutInto(b, b.TempDir(), f, ByYear, Span{beginning, maxTime}, 65536)
			}
			perRow(b, size.rows)
		})
		d := emptyRange(b)
		storeRows(b, d, f, ByYear)
		b.Run("rows/"+size.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Rows(context.Background(), storedID, beginning, math.MaxInt64, "close"); err != nil {
					b.Fatal(err)
				}
			}
			perRow(b, size.rows)
		})
		b.Run("scan/"+size.name, func(b *testing.B) {
			for b.Loop() {
				for _, err := range d.Scan(context.Background(), storedID, beginning, math.MaxInt64) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			perRow(b, size.rows)
		})
	}
}

func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}
