package expression

import "math"

// maxRows bounds windows.
const maxRows = 100_000_000

// constant works out an argument that must be known when the formula is read: numbers and
// arithmetic between them.
func constant(fn *Function, a Arg, t Tree) (float64, *Fault) {
	v, ok := fold(t)
	if !ok {
		return 0, faultf(t.place(), "write: "+fn.signature(), "%s of %s must be a constant", a.Name, fn.Name)
	}
	least := 1.0
	switch a.Kind {
	case Rows, Count:
	case Distance:
		least = 0
	default:
		if fn.Name == "quantile" && (v < 0 || v > 1) {
			return 0, faultf(t.place(), "", "q of quantile is a share from 0 to 1, not %g", v)
		}
		if fn.Name == "winsorize" && (v < 0 || v > 0.5) {
			return 0, faultf(t.place(), "", "p of winsorize is a share from 0 to 0.5, not %g", v)
		}
		return v, nil
	}
	if v != math.Trunc(v) {
		return 0, faultf(t.place(), "", "%s of %s must be a whole number, not %g", a.Name, fn.Name, v)
	}
	if v < least || v > maxRows {
		return 0, faultf(t.place(), "", "%s of %s must be from %g to %d, not %g", a.Name, fn.Name, least, maxRows, v)
	}
	return v, nil
}

func fold(t Tree) (float64, bool) {
	switch t := t.(type) {
	case Number:
		return t.Value, true
	case Unary:
		v, ok := fold(t.X)
		return -v, ok && t.Operator == "-"
	case Binary:
		a, okA := fold(t.X)
		b, okB := fold(t.Y)
		if !okA || !okB {
			return 0, false
		}
		v := math.NaN()
		switch t.Operator {
		case "+":
			v = a + b
		case "-":
			v = a - b
		case "*":
			v = a * b
		case "/":
			v = a / b
		case "^":
			v = math.Pow(a, b)
		}
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}
