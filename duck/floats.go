package duck

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/tdlake/tdlake/frame"
)

// floats reads floats and decimals. Infinities become missing and are counted.
type floats[T any] struct {
	column     Column
	convert    func(T) float64
	vals       []float64
	infinities int
}

func (r *floats[T]) read(v mapping.Vector, n int) error {
	ok := valid(v)
	for i, s := range slots[T](v, n) {
		x := math.NaN()
		if ok == nil || ok(i) {
			x = r.convert(s)
		}
		if math.IsInf(x, 0) {
			r.infinities++
			x = math.NaN()
		}
		r.vals = append(r.vals, x)
	}
	return nil
}

func (r *floats[T]) take() arrow.Array {
	vals := r.vals
	r.vals = make([]float64, 0, len(vals))
	return frame.FloatColumn(vals)
}

func (r *floats[T]) notes() []Note {
	var out []Note
	if r.column.isDecimal() {
		out = append(out, Note{r.column.Name, Decimals, r.column.SQL, 0})
	}
	if r.infinities > 0 {
		out = append(out, Note{r.column.Name, Infinities, r.column.SQL, r.infinities})
	}
	return out
}

// newDecimals reads decimals as the nearest double: the same that parsing their digits gives.
func newDecimals(c Column, t mapping.LogicalType) reader {
	scale := int(mapping.DecimalScale(t))
	small := func(x int64) float64 { return decimal(x, scale) }
	switch mapping.DecimalInternalType(t) {
	case mapping.TypeSmallInt:
		return &floats[int16]{column: c, convert: func(x int16) float64 { return small(int64(x)) }}
	case mapping.TypeInteger:
		return &floats[int32]{column: c, convert: func(x int32) float64 { return small(int64(x)) }}
	case mapping.TypeBigInt:
		return &floats[int64]{column: c, convert: small}
	default:
		return &floats[huge]{column: c, convert: func(x huge) float64 { return parse(x.String(), scale) }}
	}
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// decimal returns x / 10^scale, rounded once.
func decimal(x int64, scale int) float64 {
	const exact = 1 << 53
	if -exact <= x && x <= exact && scale < len(powers) {
		return float64(x) / powers[scale]
	}
	return parse(strconv.FormatInt(x, 10), scale)
}

func parse(digits string, scale int) float64 {
	f, _ := strconv.ParseFloat(digits+"e-"+strconv.Itoa(scale), 64) // digits cannot be out of range or malformed
	return f
}

func (c Column) isDecimal() bool { return strings.HasPrefix(c.SQL, "DECIMAL(") }

// huge is DuckDB's hugeint: 128 bits, two's complement.
type huge struct {
	lower uint64
	upper int64
}

func (h huge) String() string {
	x := new(big.Int).Lsh(big.NewInt(h.upper), 64)
	return x.Add(x, new(big.Int).SetUint64(h.lower)).String()
}
