package formula

import (
	"fmt"
	"math"
	"time"

	"github.com/tdlake/tdlake/graph/expression"
)

// unaryOf are the operations on one value.
var unaryOf = map[string]func(x float64) float64{
	"neg":  func(x float64) float64 { return -x },
	"abs":  math.Abs,
	"sqrt": math.Sqrt,
	"exp":  math.Exp,
	"log":  math.Log,
	"sign": func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // 0, or missing
	},
	"not": func(x float64) float64 { return 1 - x },
}

// binaryOf are the operations on two values; missing where either is, but for and and or.
var binaryOf = map[string]func(x, y float64) float64{
	"^":            math.Pow,
	"signed_power": func(x, a float64) float64 { return math.Copysign(math.Pow(math.Abs(x), a), x) },
	"min_of": func(a, b float64) float64 {
		if a <= b || missing(a) {
			return a
		}
		return b
	},
	"max_of": func(a, b float64) float64 {
		if a >= b || missing(a) {
			return a
		}
		return b
	},
	"and": func(a, b float64) float64 {
		switch {
		case a == 0 || b == 0:
			return 0
		case missing(a) || missing(b):
			return math.NaN()
		}
		return 1
	},
	"or": func(a, b float64) float64 {
		switch {
		case a == 1 || b == 1:
			return 1
		case missing(a) || missing(b):
			return math.NaN()
		}
		return 0
	},
}

// element evaluates an operation that reads nothing but its own row.
func (r *row) element(o expression.Op, out []float64) error {
	switch o.Code {
	case "+", "-", "*", "/":
		arithmetic(o.Code, r.values[o.Args[0]], r.values[o.Args[1]], out)
		return nil
	case "==", "!=", "<", "<=", ">", ">=":
		r.compare(o, out)
		return nil
	case "if":
		choose(r.values[o.Args[0]], r.values[o.Args[1]], r.values[o.Args[2]], out)
		return nil
	case "clip":
		clip(r.values[o.Args[0]], r.values[o.Args[1]], r.values[o.Args[2]], out)
		return nil
	case "is_missing":
		for i, x := range r.values[o.Args[0]] {
			out[i] = truth(missing(x))
		}
		return nil
	case "coalesce":
		b := r.values[o.Args[1]]
		for i, x := range r.values[o.Args[0]] {
			out[i] = x
			if missing(x) {
				out[i] = b[i]
			}
		}
		return nil
	case "time_of_day", "weekday", "day", "month", "year":
		return calendar(o.Code, o.Texts[0], r.table.Times, out)
	}
	if f, ok := unaryOf[o.Code]; ok {
		for i, x := range r.values[o.Args[0]] {
			out[i] = finite(f(x))
		}
		return nil
	}
	if f, ok := binaryOf[o.Code]; ok {
		y := r.values[o.Args[1]]
		for i, x := range r.values[o.Args[0]] {
			if o.Code == "^" && (missing(x) || missing(y[i])) {
				out[i] = math.NaN() // 1 to the power of nothing is 1 elsewhere
				continue
			}
			out[i] = finite(f(x, y[i]))
		}
		return nil
	}
	return fmt.Errorf("nothing computes %s", o.Code)
}

// arithmetic has a loop of its own for each operator: they are most of what formulas do.
func arithmetic(code string, x, y, out []float64) {
	y, out = y[:len(x)], out[:len(x)]
	switch code {
	case "+":
		for i, v := range x {
			out[i] = finite(v + y[i])
		}
	case "-":
		for i, v := range x {
			out[i] = finite(v - y[i])
		}
	case "*":
		for i, v := range x {
			out[i] = finite(v * y[i])
		}
	case "/":
		for i, v := range x {
			out[i] = finite(v / y[i])
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// compare compares numbers by size and texts by their bytes.
func (r *row) compare(o expression.Op, out []float64) {
	x, y := r.values[o.Args[0]], r.values[o.Args[1]]
	text := r.types[o.Args[0]] == expression.Str
	for i, a := range x {
		b := y[i]
		if missing(a) || missing(b) {
			out[i] = math.NaN()
			continue
		}
		if text && a != b {
			a, b = byBytes(r.table.Words.Text(a), r.table.Words.Text(b))
		}
		out[i] = truth(holds(o.Code, a, b))
	}
}

// byBytes stands for two texts by numbers of the same order.
func byBytes(a, b string) (float64, float64) {
	if a < b {
		return 0, 1
	}
	return 1, 0
}

func holds(code string, a, b float64) bool {
	switch code {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

func choose(c, a, b, out []float64) {
	for i, v := range c {
		switch {
		case v == 1:
			out[i] = a[i]
		case v == 0:
			out[i] = b[i]
		default:
			out[i] = math.NaN()
		}
	}
}

func clip(x, a, b, out []float64) {
	for i, v := range x {
		if missing(a[i]) || missing(b[i]) {
			out[i] = math.NaN()
			continue
		}
		if v < a[i] {
			v = a[i]
		}
		if v > b[i] {
			v = b[i]
		}
		out[i] = v
	}
}

func calendar(code, zone string, times []int64, out []float64) error {
	in, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	for i, us := range times {
		at := time.UnixMicro(us).In(in)
		switch code {
		case "time_of_day":
			out[i] = float64(at.Hour()*60+at.Minute()) + float64(at.Second())/60
		case "weekday":
			out[i] = float64((int(at.Weekday())+6)%7 + 1)
		case "day":
			out[i] = float64(at.Day())
		case "month":
			out[i] = float64(at.Month())
		default:
			out[i] = float64(at.Year())
		}
	}
	return nil
}
