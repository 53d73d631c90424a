package demo

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tdlake/tdlake/frame"
)

// Market is the two tables of the demonstration, sorted by their keys.
type Market struct {
	Prices   *frame.Frame // time_index, unique_identifier, open, high, low, close, adj_close, volume
	Holdings *frame.Frame // time_index, etf, unique_identifier, weight_pct
}

// NewMarket makes the market: the same one every time.
func NewMarket() *Market {
	days := tradingDays()
	companies := makeCompanies(days)
	funds := makeFunds(companies, len(days), quarterEnds(days))
	series := make([]*series, 0, len(companies)+len(funds))
	for _, c := range companies {
		series = append(series, newSeries(c.ticker, c.price, c.payout, c.size, c.returns, c.seen, days))
	}
	for _, f := range funds {
		open := slices.Repeat([]bool{true}, len(days))
		series = append(series, newSeries(f.ticker, f.price, 0.004, 90, f.returns, open, days))
	}
	slices.SortFunc(series, bySeriesTicker)
	return &Market{Prices: pricesFrame(series, days), Holdings: holdingsFrame(funds, days)}
}

// bar is a day of trading. adjusted is the close less the dividends paid later: returns are taken from it.
type bar struct {
	open, high, low, close, adjusted float64
	volume                           int64
}

type series struct {
	ticker string
	bars   []bar
	seen   []bool
}

func bySeriesTicker(a, b *series) int { return cmp.Compare(a.ticker, b.ticker) }

// newSeries turns total returns into bars: the price falls by the dividend on the second trading day after a quarter's end.
func newSeries(ticker string, price, payout, size float64, returns []float64, seen []bool, days []time.Time) *series {
	r := newStream(ticker + " bars")
	s := &series{ticker: ticker, bars: make([]bar, len(returns)), seen: seen}
	total, paid := price, 1.0
	factors := make([]float64, len(returns))
	for t := range returns {
		before := float64(total * paid)
		total = float64(total * (1 + returns[t]))
		if t > 2 && quarter(days[t-1]) != quarter(days[t-2]) {
			paid = float64(paid * (1 - payout))
		}
		factors[t] = paid
		s.bars[t] = newBar(r, before, float64(total*paid), size)
	}
	for t := range s.bars {
		s.bars[t].adjusted = round(s.bars[t].close*paid/factors[t], 1e4)
	}
	return s
}

func newBar(r *stream, before, last, size float64) bar {
	b := bar{open: float64(before * (1 + float64(0.003*r.normal())))}
	up, down := r.between(0, 0.008), r.between(0, 0.008)
	b.high = round(float64(max(b.open, last)*(1+up)), 1e2)
	b.low = round(float64(min(b.open, last)*(1-down)), 1e2)
	b.open, b.close = round(b.open, 1e2), round(last, 1e2)
	b.volume = int64(float64(float64(size*2e6)*r.between(0.4, 1.6))/last) * 10
	return b
}

// round rounds to one part of scale; the floor of a float is exact.
func round(x, scale float64) float64 { return math.Floor(float64(x*scale)+0.5) / scale }

func pricesFrame(all []*series, days []time.Time) *frame.Frame {
	schema := frame.Long("open", "high", "low", "close", "adj_close", "volume")
	schema.Fields[7].Type = frame.Int64
	b := frame.NewBuilder(schema)
	gaps := newStream("missing prices")
	for t, d := range days {
		for _, s := range all {
			if s.seen[t] {
				appendBar(b, stamp(d), s.ticker, s.bars[t], gaps.uniform() < 0.0003)
			}
		}
	}
	return b.Frame()
}

// appendBar writes a row; where the day has a gap, it has no adjusted close.
func appendBar(b *frame.Builder, at int64, ticker string, v bar, gap bool) {
	b.Time(0, at)
	b.String(1, ticker)
	b.Float(2, v.open)
	b.Float(3, v.high)
	b.Float(4, v.low)
	b.Float(5, v.close)
	if gap {
		b.Missing(6)
	} else {
		b.Float(6, v.adjusted)
	}
	b.Int(7, v.volume)
}

func holdingsFrame(funds []*fund, days []time.Time) *frame.Frame {
	b := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp},
		{Name: "etf", Type: frame.String},
		{Name: frame.UniqueIdentifier, Type: frame.String},
		{Name: "weight_pct", Type: frame.Float64},
	}})
	for _, f := range funds {
		for _, h := range f.held {
			b.Time(0, stamp(days[h.t]))
			b.String(1, f.ticker)
			b.String(2, h.company.ticker)
			b.Float(3, round(float64(100*h.weight), 1e4))
		}
	}
	// Companies and reweightings are distinct, so rows can always be sorted.
	sorted, err := b.Frame().Sorted()
	if err != nil {
		panic("demo: " + err.Error())
	}
	return sorted
}
