package expression

// Tree is a parsed formula: one of Number, Text, Truth, Name, List, Unary, Binary and Call.
type Tree interface{ place() int }

// Number is a constant.
type Number struct {
	At    int
	Value float64
}

// Text is a constant in single quotes.
type Text struct {
	At    int
	Value string
}

// Truth is true or false.
type Truth struct {
	At    int
	Value bool
}

// Name is a column, or another formula; Input is the part before the point, if there is one.
type Name struct {
	At          int
	Input, Name string
}

// List stands behind in.
type List struct {
	At    int
	Items []Tree
}

// Unary is - or not.
type Unary struct {
	At       int
	Operator string
	X        Tree
}

// Binary is an operator between two formulas; in has a List on its right.
type Binary struct {
	At       int
	Operator string
	X, Y     Tree
}

// Call is a function with its arguments.
type Call struct {
	At       int
	Function string
	Args     []Tree
	Named    []Named
}

// Named is an argument given by name.
type Named struct {
	At   int
	Name string
	X    Tree
}

func (t Number) place() int { return t.At }
func (t Text) place() int   { return t.At }
func (t Truth) place() int  { return t.At }
func (t Name) place() int   { return t.At }
func (t List) place() int   { return t.At }
func (t Unary) place() int  { return t.At }
func (t Binary) place() int { return t.At }
func (t Call) place() int   { return t.At }
