package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/lake"
)

// size is a flag's value in bytes, written as 4GiB, 500MB or 1000000.
type size int64

var units = []struct {
	suffix string
	bytes  float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}, {"b", 1}, {"", 1},
}

// Set reads a size.
func (s *size) Set(text string) error {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		number, ok := strings.CutSuffix(lower, u.suffix)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if bytes := v * u.bytes; err == nil && bytes >= 1 && bytes < math.MaxInt64 {
			*s = size(bytes)
			return nil
		}
		break
	}
	return fmt.Errorf("not a size; write 4GiB, 500MB or a number of bytes")
}

// String writes a size as a person reads it; zero is the empty string, as a flag's absent default.
func (s size) String() string {
	if s == 0 {
		return ""
	}
	return lake.ShowBytes(int64(s))
}

// Type names the value in help texts.
func (s *size) Type() string { return "SIZE" }
