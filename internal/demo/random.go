package demo

// stream is SplitMix64: a fixed sequence of random numbers for a seed. Every series of the market has a stream of its own,
// named after it, so that adding a company changes nothing for the others.
type stream struct{ state uint64 }

const marketSeed = 0x7d1a6e

// newStream returns the stream of a name: the seed and the FNV-1a hash of the name.
func newStream(name string) *stream {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return &stream{state: h ^ marketSeed}
}

func (s *stream) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// uniform returns a number in [0, 1): exact, 53 bits.
func (s *stream) uniform() float64 { return float64(s.next()>>11) / (1 << 53) }

// between returns a number in [low, high).
func (s *stream) between(low, high float64) float64 { return low + float64((high-low)*s.uniform()) }

// normal returns a number that is close to standard normal: the sum of twelve uniform ones, which needs no logarithm.
func (s *stream) normal() float64 {
	sum := -6.0
	for range 12 {
		sum += s.uniform()
	}
	return sum
}

// shock is normal with heavier tails: one in fifty is two and a half times as large.
func (s *stream) shock() float64 {
	n := s.normal()
	if s.uniform() < 0.02 {
		n = float64(n * 2.5)
	}
	return n
}
