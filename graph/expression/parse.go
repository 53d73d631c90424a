package expression

import "fmt"

// maxDepth bounds brackets within brackets, so that no text exhausts the stack.
const maxDepth = 200

// Parse reads a formula. Operators bind, from the loosest: or; and; not; comparisons and in, which do
// not chain; + and -; * and /; unary -; ^, to the right.
func Parse(text string) (Tree, *Fault) {
	tokens, f := split(text)
	if f != nil {
		return nil, f
	}
	p := &parser{tokens: tokens}
	if p.peek().kind == tokenEnd {
		return nil, faultf(0, "", "the expression is empty")
	}
	tree, f := p.or()
	if f != nil {
		return nil, f
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.unexpected(t)
	}
	return tree, nil
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// is takes the next token where it is the given word or mark.
func (p *parser) is(text string) (token, bool) {
	t := p.peek()
	if (t.kind == tokenMark || t.kind == tokenWord) && t.text == text {
		return p.take(), true
	}
	return t, false
}

func (p *parser) need(text string) *Fault {
	if t, ok := p.is(text); !ok {
		f := p.unexpected(t)
		f.Hint = fmt.Sprintf("a %s is missing", text)
		return f
	}
	return nil
}

func (p *parser) unexpected(t token) *Fault {
	switch {
	case t.kind == tokenEnd:
		return faultf(t.at, "", "the expression ends too early")
	case t.kind == tokenMark && t.text == "=":
		return faultf(t.at, "== compares", "= does not belong here")
	}
	return faultf(t.at, "", "%s does not belong here", t.text)
}

func (p *parser) or() (Tree, *Fault)  { return p.chain(p.and, "or") }
func (p *parser) and() (Tree, *Fault) { return p.chain(p.not, "and") }

// chain reads operands between operators of one strength, from the left.
func (p *parser) chain(operand func() (Tree, *Fault), operators ...string) (Tree, *Fault) {
	x, f := operand()
	for f == nil {
		t, found := p.isOne(operators)
		if !found {
			return x, nil
		}
		var y Tree
		if y, f = operand(); f == nil {
			x = Binary{t.at, t.text, x, y}
		}
	}
	return nil, f
}

func (p *parser) isOne(operators []string) (token, bool) {
	for _, o := range operators {
		if t, ok := p.is(o); ok {
			return t, true
		}
	}
	return token{}, false
}

func (p *parser) not() (Tree, *Fault) {
	t, found := p.is("not")
	if !found {
		return p.comparison()
	}
	if f := p.deeper(t.at); f != nil {
		return nil, f
	}
	defer p.shallower()
	x, f := p.not()
	return Unary{t.at, "not", x}, f
}

func (p *parser) comparison() (Tree, *Fault) {
	x, f := p.sum()
	if f != nil {
		return nil, f
	}
	if t, found := p.isOne([]string{"==", "!=", "<=", ">=", "<", ">"}); found {
		y, f := p.sum()
		if f != nil {
			return nil, f
		}
		if next, again := p.isOne([]string{"==", "!=", "<=", ">=", "<", ">"}); again {
			return nil, faultf(next.at, "write: a < b and b < c", "comparisons do not chain")
		}
		return Binary{t.at, t.text, x, y}, nil
	}
	negated := false
	at := p.at
	if _, found := p.is("not"); found {
		negated = true
	}
	t, found := p.is("in")
	if !found {
		p.at = at
		return x, nil
	}
	list, f := p.list()
	var out Tree = Binary{t.at, "in", x, list}
	if negated {
		out = Unary{t.at, "not", out}
	}
	return out, f
}

// list reads the constants behind in.
func (p *parser) list() (Tree, *Fault) {
	open := p.peek()
	if f := p.need("["); f != nil {
		f.Hint = "write: x in ['a', 'b']"
		return nil, f
	}
	out := List{At: open.at}
	for {
		x, f := p.unary()
		if f != nil {
			return nil, f
		}
		out.Items = append(out.Items, x)
		if _, more := p.is(","); !more {
			return out, p.need("]")
		}
	}
}

func (p *parser) sum() (Tree, *Fault)     { return p.chain(p.product, "+", "-") }
func (p *parser) product() (Tree, *Fault) { return p.chain(p.unary, "*", "/") }

func (p *parser) unary() (Tree, *Fault) {
	t, found := p.isOne([]string{"-", "+"})
	if !found {
		return p.power()
	}
	if f := p.deeper(t.at); f != nil {
		return nil, f
	}
	defer p.shallower()
	x, f := p.unary()
	if t.text == "+" {
		return x, f
	}
	return Unary{t.at, "-", x}, f
}

func (p *parser) power() (Tree, *Fault) {
	x, f := p.primary()
	if f != nil {
		return nil, f
	}
	t, found := p.is("^")
	if !found {
		return x, nil
	}
	if f := p.deeper(t.at); f != nil {
		return nil, f
	}
	defer p.shallower()
	y, f := p.unary() // to the right: 2 ^ -x ^ y
	return Binary{t.at, "^", x, y}, f
}

func (p *parser) primary() (Tree, *Fault) {
	t := p.take()
	if f := p.deeper(t.at); f != nil {
		return nil, f
	}
	defer p.shallower()
	switch {
	case t.kind == tokenNumber:
		return Number{t.at, t.number}, nil
	case t.kind == tokenText:
		return Text{t.at, t.text}, nil
	case t.kind == tokenWord && (t.text == "true" || t.text == "false"):
		return Truth{t.at, t.text == "true"}, nil
	case t.kind == tokenName:
		return p.named(t)
	case t.kind == tokenMark && t.text == "(":
		x, f := p.or()
		if f == nil {
			f = p.need(")")
		}
		return x, f
	}
	return nil, p.unexpected(t)
}

// named reads what begins with a name: a column, an input's column, or a call.
func (p *parser) named(t token) (Tree, *Fault) {
	if _, call := p.is("("); call {
		return p.call(t)
	}
	if _, dotted := p.is("."); !dotted {
		return Name{At: t.at, Name: t.text}, nil
	}
	column := p.take()
	if column.kind != tokenName {
		return nil, p.unexpected(column)
	}
	return Name{t.at, t.text, column.text}, nil
}

func (p *parser) call(t token) (Tree, *Fault) {
	out := Call{At: t.at, Function: t.text}
	if _, empty := p.is(")"); empty {
		return out, nil
	}
	for {
		name := p.peek()
		if name.kind == tokenName && p.tokens[p.at+1].kind == tokenMark && p.tokens[p.at+1].text == "=" {
			p.at += 2
			x, f := p.or()
			if f != nil {
				return nil, f
			}
			out.Named = append(out.Named, Named{name.at, name.text, x})
		} else {
			x, f := p.or()
			if f != nil {
				return nil, f
			}
			if len(out.Named) > 0 {
				return nil, faultf(x.place(), "arguments by name come last", "an argument without a name follows one with a name")
			}
			out.Args = append(out.Args, x)
		}
		if _, more := p.is(","); !more {
			return out, p.need(")")
		}
	}
}

func (p *parser) deeper(at int) *Fault {
	p.depth++
	if p.depth > maxDepth {
		return faultf(at, "give parts of it names under let", "the expression is nested more than %d deep", maxDepth)
	}
	return nil
}

func (p *parser) shallower() { p.depth-- }
