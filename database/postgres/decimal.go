package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// powers of ten that a double holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Signs of a numeric.
const (
	positive    = 0x0000
	negative    = 0x4000
	notANumber  = 0xC000
	infinite    = 0xD000
	negInfinite = 0xF000
)

// decimal reads a numeric: digits to the base of ten thousand, the first worth 10000^weight. The result is the double
// nearest to it.
func decimal(p []byte) (float64, error) {
	if len(p) < 8 {
		return 0, fmt.Errorf("a numeric of %d bytes", len(p))
	}
	digits := int(binary.BigEndian.Uint16(p))
	weight := int(int16(binary.BigEndian.Uint16(p[2:])))
	sign := binary.BigEndian.Uint16(p[4:])
	if p = p[8:]; len(p) != 2*digits {
		return 0, fmt.Errorf("a numeric of %d digits in %d bytes", digits, len(p))
	}
	f := 0.0
	switch sign {
	case notANumber:
		return math.NaN(), nil
	case infinite:
		return math.Inf(1), nil
	case negInfinite:
		return math.Inf(-1), nil
	case positive, negative:
		f = magnitude(p, weight)
	default:
		return 0, fmt.Errorf("a numeric of sign %#x", sign)
	}
	if sign == negative {
		f = -f
	}
	return f, nil
}

// magnitude is exact in one division or multiplication where digits and power of ten both fit a double, which is nearly
// always; anything longer goes through text.
func magnitude(p []byte, weight int) float64 {
	if len(p) == 0 {
		return 0
	}
	var n uint64
	exponent := 4 * (weight - len(p)/2 + 1)
	for i := 0; i < len(p) && n < 1<<53; i += 2 {
		n = n*10_000 + uint64(binary.BigEndian.Uint16(p[i:]))
	}
	for exponent < 0 && n%10 == 0 && n > 0 && len(p) <= 8 {
		n /= 10 // 0.5 comes as 5000 ten-thousandths
		exponent++
	}
	switch {
	case len(p) > 8 || n >= 1<<53:
	case exponent >= 0 && exponent <= 22:
		return float64(n) * powers[exponent]
	case exponent < 0 && exponent >= -22:
		return float64(n) / powers[-exponent]
	}
	return throughText(p, 4*(weight-len(p)/2+1))
}

func throughText(p []byte, exponent int) float64 {
	text := make([]byte, 0, 2*len(p)+8)
	for i := 0; i < len(p); i += 2 {
		d := binary.BigEndian.Uint16(p[i:])
		text = append(text, byte('0'+d/1000%10), byte('0'+d/100%10), byte('0'+d/10%10), byte('0'+d%10))
	}
	text = append(text, 'e')
	text = strconv.AppendInt(text, int64(exponent), 10)
	f, _ := strconv.ParseFloat(string(text), 64) // out of range is an infinity, and counted as one
	return f
}
