package compute

// Continued says how far a portfolio has come, so that its next rows can be computed without those before: with
// [Options].Continue its rows begin at At, and are to the bit those of an engine that began at Start. The engine's own start
// must then be the row of the returns' grid before At, so that the turnover of the weights that earn the first row is known.
type Continued struct {
	Start int64   // where the portfolio began, microseconds since the epoch
	At    int64   // its rows from here on are asked for
	Value float64 // what it was worth at its last row before At; 1 where it has none, 0 where it has come to its end
}

// stretch is what join computes: the rows of a span, and what it has to know of those before.
type stretch struct {
	span
	begin int64   // where the portfolio began
	value float64 // before the span's first row
}

// stretch returns the rows of a portfolio that are asked for.
func (e *Engine) stretch() stretch {
	if c := e.options.Continue; c != nil {
		return stretch{span{c.At, e.end, c.At}, c.Start, c.Value}
	}
	return stretch{span{e.start, e.end, e.start}, e.start, 1}
}
