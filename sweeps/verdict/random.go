package verdict

// splitmix is the generator splitmix64 (Steele, Lea and Flood 2014): portable, with one word of state.
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is in [0, 1), with 53 bits.
func (s *splitmix) uniform() float64 { return float64(s.next()>>11) * 0x1p-53 }
