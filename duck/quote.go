package duck

import (
	"path/filepath"
	"slices"
	"strings"
)

// Quote writes a name as an SQL identifier.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Literal writes text as an SQL string.
func Literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func literals(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = Literal(t)
	}
	return strings.Join(out, ", ")
}

// reached adds to paths what DuckDB compares them with: what links among them lead to, and how their signs are escaped.
func reached(paths []string) []string {
	var out []string
	for _, p := range paths {
		out = append(out, p, EscapePath(p))
		if real, err := filepath.EvalSymlinks(p); err == nil && real != p {
			out = append(out, real, EscapePath(real))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// EscapePath writes a path so that DuckDB's functions take no sign in it for a pattern.
func EscapePath(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}
