package config

import (
	"strings"
)

// Environment is where nodes in other languages run: an interpreter that is there, or packages that one is made with. One of
// Python and Requirements is set.
type Environment struct {
	Name         string
	Pos                   // of the name
	Python       string   // absolute path of an interpreter, or a bare name to be found on PATH
	Requirements []string // as pip reads them, in the order written
}

const environmentHint = "python: ./env/bin/python, or requirements: [scikit-learn, pyarrow]"

func (r *reader) environments(e Entry) {
	if !r.isMap(e) {
		return
	}
	for _, entry := range e.Value.Map {
		if !r.name(entry, "environment") || entry.Value.Kind == 0 {
			continue
		}
		if entry.Value.Kind != Map {
			r.add(entry.Value.Pos, environmentHint, "the environment %s must be a mapping, not %s", entry.Key, entry.Value.Describe())
			continue
		}
		if env, ok := r.environment(entry); ok {
			r.Environments = append(r.Environments, env)
		}
	}
}

// environment reads one environment; exactly one of its keys must be there.
func (r *reader) environment(e Entry) (Environment, bool) {
	env := Environment{Name: e.Key, Pos: e.KeyPos}
	before := len(r.problems)
	r.keys(e.Value, "the environment "+e.Key, []key{
		{"python", false, func(e Entry) { env.Python = r.interpreter(e) }},
		{"requirements", false, func(e Entry) { env.Requirements = r.requirements(e) }},
	})
	_, python := e.Value.Get("python")
	_, requirements := e.Value.Get("requirements")
	switch {
	case len(r.problems) > before:
	case python && requirements:
		r.add(e.KeyPos, environmentHint, "the environment %s has both python and requirements", e.Key)
	case !python && !requirements:
		r.add(e.KeyPos, environmentHint, "the environment %s has neither python nor requirements", e.Key)
	}
	return env, len(r.problems) == before
}

// interpreter reads a path; one without a separator is a program's name, to be found on PATH.
func (r *reader) interpreter(e Entry) string {
	path, ok := r.text(e)
	if !ok || !strings.ContainsAny(path, `/\`) {
		return path
	}
	return r.absolute(path)
}

// requirements reads a list of requirements. Options of pip, and files, are refused: what is installed must be named here.
func (r *reader) requirements(e Entry) []string {
	if e.Value.Kind != List || len(e.Value.List) == 0 {
		r.add(e.Value.Pos, "requirements: [scikit-learn, pyarrow]", "requirements must be a list of packages, not %s", describeList(e.Value))
		return nil
	}
	var all []string
	for _, item := range e.Value.List {
		text, ok := r.text(Entry{Key: "a requirement", Value: item})
		if !ok {
			continue
		}
		text = strings.TrimSpace(text)
		if c := text[0]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') || strings.ContainsAny(text, "\r\n") {
			r.add(item.Pos, `a name with versions and extras, as in "scikit-learn>=1.5"; settings of pip and uv belong in their own configuration`,
				"%s is no requirement", quote(text))
			continue
		}
		all = append(all, text)
	}
	return all
}

func describeList(v Value) string {
	if v.Kind == List {
		return "an empty list"
	}
	return v.Describe()
}
