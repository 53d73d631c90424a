package expression

import (
	"slices"
	"strings"
	"time"

	"github.com/tdlake/tdlake/config"
)

// Formula is a named expression as written.
type Formula struct {
	Name string
	Text string
}

// Source is what a program is compiled from.
type Source struct {
	Inputs  []string  // names of the inputs
	Columns []Formula // outputs, in order
	Let     []Formula // intermediate ones
	Keep    string    // a condition; empty: all rows count
}

// Problem is a fault in one of the formulas: its list (columns, let, keep) and its name.
type Problem struct {
	List, Name string
	*Fault
}

// Compile checks all formulas and makes one program of them, or says everything that is wrong.
func Compile(s Source) (*Program, []Problem) {
	c := &compiler{source: s, known: map[string]int{}, formulas: map[string]*formula{}}
	c.readAll()
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	p := &Program{Keep: -1}
	for _, column := range s.Columns {
		if op, ok := c.formula(column.Name, nil, Name{}); ok {
			p.Outputs = append(p.Outputs, Output{column.Name, op})
		}
	}
	for _, l := range s.Let {
		c.formula(l.Name, nil, Name{}) // for its faults
	}
	if s.Keep != "" {
		c.afresh()
		p.Keep, _ = c.formula(keepName, nil, Name{})
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	p.Ops = c.ops
	return p.trimmed(), nil
}

// keepName cannot be a formula's name.
const keepName = "\x00keep"

// formula is one that is being compiled.
type formula struct {
	list, name string
	tree       Tree
	op         int
	state      int // 0 untouched, 1 under way, 2 done, 3 faulty
}

type compiler struct {
	source   Source
	whole    bool // within keep
	formulas map[string]*formula
	ops      []Op
	known    map[string]int // operations by their text
	problems []Problem
}

func (c *compiler) fail(f *formula, fault *Fault) {
	f.state = 3
	name := f.name
	if name == keepName {
		name = ""
	}
	c.problems = append(c.problems, Problem{f.list, name, fault})
}

func (c *compiler) readAll() {
	for _, o := range c.source.Columns {
		c.read("columns", o)
	}
	for _, o := range c.source.Let {
		c.read("let", o)
	}
	if c.source.Keep != "" {
		c.read("keep", Formula{keepName, c.source.Keep})
	}
}

func (c *compiler) read(list string, o Formula) {
	f := &formula{list: list, name: o.Name}
	if _, twice := c.formulas[o.Name]; twice {
		c.fail(f, faultf(0, "give one of them another name", "two formulas are called %s", o.Name))
		return
	}
	c.formulas[o.Name] = f
	tree, fault := Parse(o.Text)
	if fault != nil {
		c.fail(f, fault)
		return
	}
	f.tree = tree
}

// afresh compiles formulas once more, for keep: there, functions across identifiers see all rows.
func (c *compiler) afresh() {
	c.whole = true
	for _, f := range c.formulas {
		if f.state == 2 {
			f.state = 0
		}
	}
}

// formula compiles a formula where it is not yet; by is who reads it, at a name in its text.
func (c *compiler) formula(name string, by *formula, at Name) (int, bool) {
	f := c.formulas[name]
	switch f.state {
	case 1:
		c.fail(by, faultf(at.At, "write INPUT."+name+" for the input's column", "%s is made from itself", name))
		return 0, false
	case 2:
		return f.op, true
	case 3:
		return 0, false
	}
	f.state = 1
	op, fault := c.tree(f, f.tree)
	if fault != nil {
		c.fail(f, fault)
		return 0, false
	}
	if f.state == 3 {
		return 0, false
	}
	if f.name == keepName && c.ops[op].Type != Cond && c.ops[op].Type != Any {
		c.fail(f, faultf(f.tree.place(), "compare it: volume > 0", "keep must be a condition"))
		return 0, false
	}
	f.op, f.state = op, 2
	return op, true
}

// add appends an operation, or finds an equal one.
func (c *compiler) add(o Op) int {
	key := o.String()
	if i, ok := c.known[key]; ok {
		return i
	}
	for _, a := range o.Args {
		o.Rows = max(o.Rows, c.ops[a].Rows)
	}
	if o.By >= 0 {
		o.Rows = max(o.Rows, c.ops[o.By].Rows)
	}
	if f := FunctionNamed(o.Code); f != nil && (f.Class == Window || f.Class == State) {
		o.Rows += f.reach(int(o.Numbers[0]))
	}
	c.ops = append(c.ops, o)
	c.known[key] = len(c.ops) - 1
	return len(c.ops) - 1
}

// tree compiles a part of a formula.
func (c *compiler) tree(f *formula, t Tree) (int, *Fault) {
	switch t := t.(type) {
	case Number:
		return c.add(Op{Code: "number", Numbers: []float64{t.Value + 0}, By: -1, Type: Num}), nil
	case Text:
		return c.add(Op{Code: "text", Texts: []string{t.Value}, By: -1, Type: Str}), nil
	case Truth:
		v := 0.0
		if t.Value {
			v = 1
		}
		return c.add(Op{Code: "truth", Numbers: []float64{v}, By: -1, Type: Cond}), nil
	case Name:
		return c.name(f, t)
	case Unary:
		return c.unary(f, t)
	case Binary:
		return c.binary(f, t)
	case Call:
		return c.call(f, t)
	}
	return 0, faultf(t.place(), "write: x in ['a', 'b']", "a list stands only behind in")
}

func (c *compiler) name(f *formula, t Name) (int, *Fault) {
	if t.Input == "" {
		if _, ok := c.formulas[t.Name]; ok {
			op, ok := c.formula(t.Name, f, t)
			if !ok {
				f.state = 3 // the fault is reported where it is
			}
			return op, nil
		}
	} else if !slices.Contains(c.source.Inputs, t.Input) {
		return 0, faultf(t.At, config.Suggest(t.Input, c.source.Inputs), "there is no input %s", t.Input)
	}
	return c.add(Op{Code: "column", Texts: []string{t.Input, t.Name}, By: -1, Type: Any}), nil
}

func (c *compiler) unary(f *formula, t Unary) (int, *Fault) {
	x, fault := c.tree(f, t.X)
	if fault != nil {
		return 0, fault
	}
	if t.Operator == "not" {
		return c.typed(Op{Code: "not", Args: []int{x}, By: -1, Type: Cond}, Cond, t.X)
	}
	if number, ok := t.X.(Number); ok {
		return c.add(Op{Code: "number", Numbers: []float64{-number.Value + 0}, By: -1, Type: Num}), nil
	}
	return c.typed(Op{Code: "neg", Args: []int{x}, By: -1, Type: Num}, Num, t.X)
}

func (c *compiler) binary(f *formula, t Binary) (int, *Fault) {
	if t.Operator == "in" {
		return c.in(f, t)
	}
	x, fault := c.tree(f, t.X)
	if fault != nil {
		return 0, fault
	}
	y, fault := c.tree(f, t.Y)
	if fault != nil {
		return 0, fault
	}
	o := Op{Code: t.Operator, Args: []int{x, y}, By: -1, Type: Num}
	switch t.Operator {
	case "+", "-", "*", "/", "^":
		return c.typed(o, Num, t.X, t.Y)
	case "and", "or":
		o.Type = Cond
		return c.typed(o, Cond, t.X, t.Y)
	}
	o.Type = Cond
	a, b := c.ops[x].Type, c.ops[y].Type
	if a != Any && b != Any && (a == Str) != (b == Str) {
		return 0, faultf(t.At, "", "text and numbers cannot be compared")
	}
	return c.add(o), nil
}

// in makes a chain of equalities, so that it has the rules of == for missing values.
func (c *compiler) in(f *formula, t Binary) (int, *Fault) {
	var out Tree
	for _, item := range t.Y.(List).Items {
		switch item := item.(type) {
		case Number, Text, Truth:
		case Unary:
			if _, ok := item.X.(Number); !ok {
				return 0, faultf(item.At, "", "the list behind in holds constants")
			}
		default:
			return 0, faultf(item.place(), "put text in single quotes", "the list behind in holds constants")
		}
		var equal Tree = Binary{t.At, "==", t.X, item}
		if out != nil {
			equal = Binary{t.At, "or", out, equal}
		}
		out = equal
	}
	return c.tree(f, out)
}

// typed adds an operation whose arguments must be of a type: a condition counts as a number, but no
// number as a condition.
func (c *compiler) typed(o Op, want Type, args ...Tree) (int, *Fault) {
	for i, a := range args {
		if fault := c.fits(o.Args[i], want, a.place()); fault != nil {
			return 0, fault
		}
	}
	return c.add(o), nil
}

func (c *compiler) fits(op int, want Type, at int) *Fault {
	got := c.ops[op].Type
	switch {
	case got == Any || want == Any || got == want || want == Num && got == Cond:
		return nil
	case want == Cond:
		return faultf(at, "compare it: x > 0", "a condition is needed here, this is %s", typeNames[got])
	}
	return faultf(at, "", "a number is needed here, this is %s", typeNames[got])
}

var typeNames = [...]string{"a column", "a number", "a condition", "text"}

func (c *compiler) call(f *formula, t Call) (int, *Fault) {
	fn := FunctionNamed(t.Function)
	if fn == nil {
		return 0, faultf(t.At, config.Suggest(t.Function, functionNames()), "there is no function %s", t.Function)
	}
	if len(t.Args) != len(fn.Args) {
		return 0, faultf(t.At, "write: "+fn.signature(), "%s takes %d arguments, not %d", fn.Name, len(fn.Args), len(t.Args))
	}
	o := Op{Code: fn.Name, By: -1, Type: fn.Result, Whole: c.whole && fn.Class == Across}
	for i, a := range fn.Args {
		if fault := c.argument(f, &o, fn, a, t.Args[i]); fault != nil {
			return 0, fault
		}
	}
	for _, named := range t.Named {
		if fault := c.namedArgument(f, &o, fn, named); fault != nil {
			return 0, fault
		}
	}
	if fn.OneOf && len(t.Named) != 1 {
		return 0, faultf(t.At, "write: "+fn.signature(), "%s needs exactly one of halflife, span and alpha", fn.Name)
	}
	if fault := c.decides(&o, fn, t); fault != nil {
		return 0, fault
	}
	return c.add(o), nil
}

// decides finds the type of what gives the type of an argument, and checks what concerns several.
func (c *compiler) decides(o *Op, fn *Function, t Call) *Fault {
	if fn.Result != Any {
		return nil
	}
	for i, a := range o.Args {
		if fn.Args[i].Kind != Anything || c.ops[a].Type == Any {
			continue
		}
		if o.Type != Any && (o.Type == Str) != (c.ops[a].Type == Str) {
			return faultf(t.At, "", "%s gives text or numbers, not both", fn.Name)
		}
		if o.Type == Any || o.Type == Cond {
			o.Type = c.ops[a].Type
		}
	}
	return nil
}

func (c *compiler) argument(f *formula, o *Op, fn *Function, a Arg, t Tree) *Fault {
	switch a.Kind {
	case Zone:
		text, ok := t.(Text)
		if !ok {
			return faultf(t.place(), "write: "+fn.name("'America/New_York'"), "%s takes a time zone in single quotes", fn.Name)
		}
		if _, err := time.LoadLocation(text.Value); err != nil || text.Value == "Local" || text.Value == "" {
			return faultf(t.place(), "IANA names: UTC, America/New_York, Europe/Berlin", "%q is no time zone", text.Value)
		}
		o.Texts = append(o.Texts, text.Value)
		return nil
	case Rows, Distance, Count, Constant:
		v, fault := constant(fn, a, t)
		o.Numbers = append(o.Numbers, v)
		return fault
	}
	op, fault := c.tree(f, t)
	if fault != nil {
		return fault
	}
	want := Any
	switch a.Kind {
	case Values:
		want = Num
	case Condition:
		want = Cond
	}
	o.Args = append(o.Args, op)
	return c.fits(op, want, t.place())
}

func (c *compiler) namedArgument(f *formula, o *Op, fn *Function, named Named) *Fault {
	i := slices.IndexFunc(fn.Named, func(a Arg) bool { return a.Name == named.Name })
	if i < 0 {
		return faultf(named.At, "write: "+fn.signature(), "%s takes no argument called %s", fn.Name, named.Name)
	}
	if fn.Named[i].Kind == Constant {
		v, fault := constant(fn, fn.Named[i], named.X)
		if fault != nil {
			return fault
		}
		if fault := checkDecay(named, v); fault != nil {
			return fault
		}
		o.Numbers, o.Texts = append(o.Numbers, v), append(o.Texts, named.Name)
		return nil
	}
	if o.By >= 0 {
		return faultf(named.At, "", "%s is given twice", named.Name)
	}
	by, fault := c.tree(f, named.X)
	o.By = by
	return fault
}

func checkDecay(named Named, v float64) *Fault {
	switch {
	case named.Name == "halflife" && v <= 0:
		return faultf(named.At, "", "halflife must be above 0")
	case named.Name == "span" && v < 1:
		return faultf(named.At, "", "span must be 1 or more")
	case named.Name == "alpha" && (v <= 0 || v > 1):
		return faultf(named.At, "", "alpha must be above 0 and at most 1")
	}
	return nil
}

func (f *Function) name(args string) string { return f.Name + "(" + args + ")" }

// signature is how a function is written.
func (f *Function) signature() string {
	var parts []string
	for _, a := range f.Args {
		parts = append(parts, a.Name)
	}
	for i, a := range f.Named {
		switch {
		case f.OneOf && i > 0:
			parts[len(parts)-1] += " | " + a.Name + "="
		default:
			parts = append(parts, a.Name+"=")
		}
	}
	return f.name(strings.Join(parts, ", "))
}

func functionNames() []string {
	var names []string
	for _, f := range Functions {
		names = append(names, f.Name)
	}
	return names
}

// trimmed leaves out operations that no output needs, and numbers the rest in the order in which the
// outputs reach them.
func (p *Program) trimmed() *Program {
	out := &Program{Keep: -1}
	place := make([]int, len(p.Ops))
	for i := range place {
		place[i] = -1
	}
	var visit func(i int) int
	visit = func(i int) int {
		if place[i] >= 0 {
			return place[i]
		}
		o := p.Ops[i]
		args := make([]int, len(o.Args))
		for k, a := range o.Args {
			args[k] = visit(a)
		}
		o.Args = args
		if o.By >= 0 {
			o.By = visit(o.By)
		}
		out.Ops = append(out.Ops, o)
		place[i] = len(out.Ops) - 1
		return place[i]
	}
	for _, o := range p.Outputs {
		out.Outputs = append(out.Outputs, Output{o.Name, visit(o.Op)})
	}
	if p.Keep >= 0 {
		out.Keep = visit(p.Keep)
	}
	return out
}
