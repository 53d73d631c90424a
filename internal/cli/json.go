package cli

import (
	"encoding/json"
	"io"
)

// writeDocument writes one JSON value, indented.
func writeDocument(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
