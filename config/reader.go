package config

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reader fills a Config from the file's mapping and collects faults as it goes.
type reader struct {
	*Config
	problems Problems
	varied   []Entry  // of sweep.vary: read when the parameters are known
	textual  []string // parameters whose defaults in the file are text
}

func (r *reader) add(pos Pos, hint, format string, args ...any) {
	r.problems = append(r.problems, r.Problem(pos, hint, format, args...))
}

// key is one key of a mapping: how its value is read, and whether it must be there.
type key struct {
	name     string
	required bool
	read     func(Entry)
}

// keys reads a mapping by a table of its keys. what names the mapping in messages; empty for the file itself.
func (r *reader) keys(v Value, what string, table []key) {
	names := make([]string, len(table))
	for i, k := range table {
		names[i] = k.name
	}
	where := ""
	if what != "" {
		where = " in " + what
	}
	seen := map[string]bool{}
	for _, e := range v.Map {
		i := slices.Index(names, e.Key)
		if i < 0 {
			r.add(e.KeyPos, Suggest(e.Key, names), "unknown key %s%s", quote(e.Key), where)
			continue
		}
		seen[e.Key] = true
		if e.Value.Kind != 0 {
			table[i].read(e)
		}
	}
	var missing []string
	for _, k := range table {
		if k.required && !seen[k.name] && !r.misspelt(v, k.name, names) {
			missing = append(missing, k.name)
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		r.add(v.Pos, "", "the key %s is missing%s", missing[0], where)
	default:
		r.add(v.Pos, "", "the keys %s are missing%s", strings.Join(missing, ", "), where)
	}
}

// misspelt reports whether an unknown key was already said to mean name: one mistake is one problem.
func (r *reader) misspelt(v Value, name string, known []string) bool {
	return slices.ContainsFunc(v.Map, func(e Entry) bool {
		return !slices.Contains(known, e.Key) && Nearest(e.Key, known) == name
	})
}

func (r *reader) read(v Value) {
	if v.Kind != Map {
		if v.Kind != 0 {
			r.add(v.Pos, "it begins with lines like datalake_name: My lake", "a config is a mapping of keys to values, not %s", v.Describe())
		}
		return
	}
	var start, end Entry
	r.keys(v, "", []key{
		{"datalake_name", true, r.datalakeName},
		{"datalake_start", true, func(e Entry) { start = e }},
		{"datalake_end", true, func(e Entry) { end = e }},
		{"nodes_to_get_from_db", false, r.fromDB},
		{"persist_logs_to_file", false, func(e Entry) { r.PersistLogs = r.boolean(e) }},
		{"database", true, r.database},
		{"datalake_dir", false, r.datalakeDir},
		{"keep_in_memory", false, func(e Entry) { r.KeepInMemory = r.refs(e) }},
		{"environments", false, r.environments},
		{"schedulers", false, r.schedulers},
		{"parameters", false, r.parameters},
		{"nodes", true, r.nodes},
		{"target", true, r.target},
		{"sweep", false, r.sweep},
	})
	r.times(start, r.ending(end))
	r.schedulersRefer()
	if r.DatalakeDir == "" {
		r.DatalakeDir = r.absolute("lake")
	}
	r.override()
	r.columns()
}

// text reads a string; empty text is a fault.
func (r *reader) text(e Entry) (string, bool) {
	switch s, isText := e.Value.Scalar.(string); {
	case !isText:
		r.add(e.Value.Pos, e.Value.InQuotes(), "%s must be text, not %s", e.Key, e.Value.Describe())
	case strings.TrimSpace(s) == "":
		r.add(e.Value.Pos, "", "%s is empty", e.Key)
	default:
		return s, true
	}
	return "", false
}

func (r *reader) boolean(e Entry) bool {
	b, ok := e.Value.Scalar.(bool)
	if !ok {
		r.add(e.Value.Pos, "", "%s must be true or false, not %s", e.Key, e.Value.Describe())
	}
	return b
}

// endFlag is how datalake_end is given on the command line.
const endFlag = "--end "

// ending returns datalake_end as the command line has it, else as the file.
func (r *reader) ending(e Entry) Entry {
	for i, o := range r.src.overrides {
		if pos := (Pos{-1 - i, len(endFlag) + 1}); o.End {
			return Entry{Key: "datalake_end", KeyPos: pos, Value: Value{Pos: pos, Kind: Scalar, Scalar: o.Text, Text: o.Text}}
		}
	}
	return e
}

// times reads both ends of the date range. An entry without a key is missing, and already reported.
func (r *reader) times(start, end Entry) {
	from, ok1 := r.time(start)
	to, ok2 := r.time(end)
	if ok1 && ok2 && to <= from {
		r.add(end.Value.Pos, "the range is datalake_start <= t < datalake_end", "datalake_end must be after datalake_start (%s)", start.Value.Text)
	}
	r.Start, r.End = from, to
}

func (r *reader) time(e Entry) (int64, bool) {
	if e.Key == "" {
		return 0, false
	}
	if e.Value.Kind != Scalar || e.Value.Scalar == nil {
		r.add(e.Value.Pos, timeHint, "%s must be a date, not %s", e.Key, e.Value.Describe())
		return 0, false
	}
	if e.Value.Text == today && e.Key == "datalake_end" {
		return Today(), true
	}
	t, err := ParseTime(e.Value.Text)
	if err != nil {
		r.add(e.Value.Pos, timeHint, "%s: %s", e.Key, err)
		return 0, false
	}
	return t, true
}

// refs reads names of nodes: one, a comma-separated text, or a list.
func (r *reader) refs(e Entry) []Ref {
	var refs []Ref
	add := func(pos Pos, name string) {
		ref := Ref{Name: name, Pos: pos}
		switch {
		case name == "":
			r.add(pos, "", "%s: a name is empty", e.Key)
		case slices.ContainsFunc(refs, func(o Ref) bool { return o.Name == name }):
			r.add(pos, "", "%s names %s twice", e.Key, quote(name))
		default:
			refs = append(refs, ref)
		}
	}
	items := e.Value.List
	if e.Value.Kind != List {
		items = []Value{e.Value}
	}
	for _, item := range items {
		name, ok := item.Scalar.(string)
		switch {
		case !ok && item.Kind != 0:
			r.add(item.Pos, item.nameInQuotes(), "%s must name nodes, not %s", e.Key, item.Describe())
		case ok && e.Value.Kind == Scalar:
			pos := item.Pos
			for part := range strings.SplitSeq(name, ",") {
				part = strings.TrimSpace(part)
				pos = r.Within(pos, part)
				add(pos, part)
				pos.Column += utf8.RuneCountInString(part)
			}
		case ok:
			add(item.Pos, strings.TrimSpace(name))
		}
	}
	return refs
}

func (r *reader) fromDB(e Entry) {
	r.FromDB, r.FromDBSet, r.FromDBPos = r.refs(e), true, e.Value.Pos
}

func (r *reader) target(e Entry) {
	if name, ok := r.text(e); ok {
		r.Target = Ref{Name: strings.TrimSpace(name), Pos: e.Value.Pos}
	}
}

func (r *reader) parameters(e Entry) {
	if !r.isMap(e) {
		return
	}
	for _, p := range e.Value.Map {
		if !r.name(p, "parameter") {
			continue
		}
		value := p.Value
		if !r.plain(p) {
			value = Value{Pos: value.Pos}
		}
		r.Parameters = append(r.Parameters, Parameter{Name: p.Key, Pos: p.KeyPos, Value: value})
	}
}

func (r *reader) nodes(e Entry) {
	if !r.isMap(e) {
		return
	}
	if len(e.Value.Map) == 0 {
		r.add(e.Value.Pos, "", "nodes has no node")
	}
	lower := map[string]Entry{}
	for _, n := range e.Value.Map {
		if !r.name(n, "node") || n.Value.Kind == 0 {
			continue
		}
		if n.Value.Kind != Map {
			r.add(n.Value.Pos, "a node has at least a kind, as in  kind: table", "the node %s must be a mapping, not %s", n.Key, n.Value.Describe())
			continue
		}
		if first, twice := lower[strings.ToLower(n.Key)]; twice {
			r.add(n.KeyPos, "SQL does not tell them apart", "the node names %s and %s differ in upper and lower case alone", first.Key, n.Key)
		}
		lower[strings.ToLower(n.Key)] = n
		r.Nodes = append(r.Nodes, NodeBody{Name: n.Key, Pos: n.KeyPos, Body: n.Value})
	}
}

func (r *reader) isMap(e Entry) bool {
	if e.Value.Kind != Map {
		r.add(e.Value.Pos, "", "%s must be a mapping, not %s", e.Key, e.Value.Describe())
	}
	return e.Value.Kind == Map
}

// plain checks that a parameter's value is a scalar or a list of scalars, and refers to nothing.
func (r *reader) plain(e Entry) bool {
	items := []Value{e.Value}
	if e.Value.Kind == List {
		items = e.Value.List
	}
	ok := e.Value.Kind != 0
	for _, item := range items {
		text, _ := item.Scalar.(string)
		switch {
		case item.Kind == 0:
		case item.IsNull():
			r.add(item.Pos, item.InQuotes(), "the parameter %s has no value", e.Key)
		case item.Kind == Map && len(item.Map) == 1 && isSpace(item.Map[0].Key):
			r.add(item.Pos, "spaces of values stand in sweep.vary", "the parameter %s must be a value or a list of values, not a mapping", e.Key)
		case item.Kind != Scalar:
			r.add(item.Pos, "", "the parameter %s must be a value or a list of values, not %s", e.Key, item.within(e.Value.Kind))
		case strings.Contains(text, "${"):
			r.add(item.Pos, "", "the parameter %s refers to something: parameters cannot", e.Key)
		default:
			continue
		}
		ok = false
	}
	return ok
}

// within describes an item for messages, saying so where it stands in a list.
func (v Value) within(outer ValueKind) string {
	if outer == List {
		return "a list that holds " + v.Describe()
	}
	return v.Describe()
}
