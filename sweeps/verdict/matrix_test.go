package verdict

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// matrixP is a test matrix that any language can make: 504 rows of 60 points. A row draws five
// factors, then one value for each of 50 points, each a sum of twelve uniforms of splitmix64 less
// six. A point is half its factor and half its own value, in hundredths; point 7 has a drift, and
// the last ten points equal the first ten.
func matrixP(t testing.TB) Matrix {
	t.Helper()
	const rows, distinct, factors, total = 504, 50, 5, 60
	s := splitmix(42)
	columns := make([][]float64, total)
	for k := range columns {
		columns[k] = make([]float64, rows)
	}
	for r := range rows {
		var common [factors]float64
		for f := range common {
			common[f] = irwinHall(&s)
		}
		for k := range distinct {
			columns[k][r] = 0.01 * (0.5*common[k%factors] + 0.5*irwinHall(&s))
		}
		columns[7][r] += 0.0006
	}
	copy(columns[distinct:], columns[:total-distinct])
	m, err := NewMatrix(columns)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func irwinHall(s *splitmix) float64 {
	var sum float64
	for range 12 {
		sum += s.uniform()
	}
	return sum - 6
}

func TestMatrixPIsTheOneOthersMake(t *testing.T) {
	p := matrixP(t)
	hash := sha256.New()
	for r := range p.Rows {
		for _, c := range p.Columns {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(c[r]))
			hash.Write(b[:])
		}
	}
	const want = "87b81390aebad9c30d8f83ad0c884ebe6218b284557a89bc2281ccd1b35c4538"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != want {
		t.Errorf("sha256 is %s, want %s; x[0,0] is %v", got, want, p.Columns[0][0])
	}
}

func TestSplitmix(t *testing.T) {
	s := splitmix(42)
	for _, want := range []uint64{13679457532755275413, 2949826092126892291, 5139283748462763858} {
		if got := s.next(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}
