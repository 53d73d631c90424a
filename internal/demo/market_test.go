package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
)

// The digests hold the market to the bit. A change of either is a change of what every demonstration prints: say so in
// CHANGELOG.md.
const (
	pricesDigest   = "a2e5dc7e80ca089ae28902749e6d3ce2abc4a13172c035dbea1b32da9ec8daae"
	holdingsDigest = "6d304e7827d86bcaa479b53e904fb27dfeffc90103e90cb25a46cc41c7556724"
)

func TestMarketIsTheSameEverywhere(t *testing.T) {
	m := NewMarket()
	for _, c := range []struct {
		name string
		f    *frame.Frame
		want string
	}{{"prices", m.Prices, pricesDigest}, {"holdings", m.Holdings, holdingsDigest}} {
		if got := digest(c.f); got != c.want {
			t.Errorf("%s: digest %s, want %s", c.name, got, c.want)
		}
	}
}

// digest is the SHA-256 of every value as text; floats print as the shortest text that reads back as the same bits.
func digest(f *frame.Frame) string {
	h := sha256.New()
	for c := range f.Schema().Fields {
		col := f.Column(c)
		for i := range f.Rows() {
			fmt.Fprintln(h, col.ValueStr(i))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestMarketHasWhatItsDescriptionSays(t *testing.T) {
	m := NewMarket()
	if err := m.Prices.CheckOrder(); err != nil {
		t.Error(err)
	}
	if err := m.Holdings.CheckOrder(); err != nil {
		t.Error(err)
	}
	p := prices(t, m)
	if n := len(p.IDs); n != 88 {
		t.Errorf("%d identifiers, want 88", n)
	}
	grid, err := p.Column("adj_close")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := span(p.Times, grid[p.ID(lateTicker)])
	if first != stamp(lateStart) {
		t.Errorf("%s begins %s", lateTicker, time.UnixMicro(first).UTC())
	}
	if _, last := span(p.Times, grid[p.ID(delistedTicker)]); last >= stamp(delisting) {
		t.Errorf("%s ends %s", delistedTicker, time.UnixMicro(last).UTC())
	}
	if first, last := span(p.Times, grid[p.ID("XFN")]); first != p.Times[0] || last != p.Times[len(p.Times)-1] {
		t.Errorf("XFN has prices from %d to %d only", first, last)
	}
}

func prices(t *testing.T, m *Market) *frame.Panel {
	t.Helper()
	f, err := m.Prices.Select("low", "high", "close", "adj_close")
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Panel()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// span returns the first and the last time at which a column has a value.
func span(times []int64, column []float64) (first, last int64) {
	for i, v := range column {
		if v != v {
			continue
		}
		if first == 0 {
			first = times[i]
		}
		last = times[i]
	}
	return first, last
}

func TestPricesAreInOrder(t *testing.T) {
	p := prices(t, NewMarket())
	for j, id := range p.IDs {
		for i, at := range p.Times {
			low, high, last := p.Data[0][j][i], p.Data[1][j][i], p.Data[2][j][i]
			if low > last || last > high || low <= 0 {
				t.Fatalf("%s at %d: low %v, close %v, high %v", id, at, low, last, high)
			}
		}
	}
}

func TestFundWeightsAddUp(t *testing.T) {
	h := NewMarket().Holdings
	weights, err := h.Floats("weight_pct")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for i, w := range weights {
		sums[fmt.Sprint(h.Times()[i], h.Column(1).ValueStr(i))] += w
	}
	if len(sums) != 2*20 {
		t.Errorf("%d reweightings, want 20 for each of two funds", len(sums))
	}
	for at, sum := range sums {
		if sum < 99.99 || sum > 100.01 {
			t.Errorf("the weights of %s add up to %v", at, sum)
		}
	}
}

func TestStampsAreMidnightInNewYork(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tradingDays() {
		at := time.UnixMicro(stamp(d)).In(zone)
		if at.Hour() != 0 || at.Day() != d.Day() {
			t.Errorf("%s is stamped %s", d.Format(time.DateOnly), at)
		}
	}
}
