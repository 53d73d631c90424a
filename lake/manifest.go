package lake

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/seal"
)

// FormatVersion is the format of all that this version writes. It reads this and every earlier one. From 2 on, documents have a checksum.
const FormatVersion = 2

// sealedFormat is the first one whose documents have a checksum.
const sealedFormat = 2

// Origin says where a node's rows came from.
type Origin string

// The origins.
const (
	FromDatabase Origin = "database"
	Computed     Origin = "computed"
)

// Manifest says what of a node is stored. Its bytes depend on the node and its rows alone.
type Manifest struct {
	Format       int             `json:"format"`
	ID           string          `json:"local_hash_id"`
	Hash         string          `json:"hash"` // all 256 bits, in hexadecimal
	Origin       Origin          `json:"origin"`
	Spec         json.RawMessage `json:"spec"` // the node's identity in clear
	Columns      []frame.Field   `json:"columns"`
	Key          []string        `json:"key"`
	Partitioning Partitioning    `json:"partitioning"`
	Rows         int64           `json:"rows"`
	Covered      Spans           `json:"covered"`            // complete, also where there is no part
	Parts        []Part          `json:"parts"`              // in order of time
	Before       []Before        `json:"before"`             // in order of time
	Inputs       []Digest        `json:"inputs"`             // what computed rows were computed from
	Warnings     []string        `json:"warnings,omitempty"` // what the user should know of computed rows
	Checksum     string          `json:"checksum,omitempty"`

	text []byte // as it was read
}

// Part is one Parquet file of a node's rows.
type Part struct {
	Path   string `json:"path"` // below the node's folder, with slashes
	Span   Span   `json:"range"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Before is a Parquet file of the last rows before a time: for each combination of the key without time_index the last one,
// and the last one with a value of each column.
type Before struct {
	Name   string `json:"name"` // in _before/<local_hash_id>/
	At     int64  `json:"-"`    // "at" in JSON
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type jsonBefore struct {
	Name   string `json:"name"`
	At     string `json:"at"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// MarshalJSON writes the time as text.
func (b Before) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonBefore{b.Name, encodeTime(b.At), b.Rows, b.Bytes, b.SHA256})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Before) UnmarshalJSON(text []byte) (err error) {
	var j jsonBefore
	if err := strictJSON(text, &j); err != nil {
		return err
	}
	b.Name, b.Rows, b.Bytes, b.SHA256 = j.Name, j.Rows, j.Bytes, j.SHA256
	b.At, err = decodeTime(j.At)
	return err
}

// Digest names a stored file that something was computed from, and its checksum.
type Digest struct {
	Node   string `json:"node"`
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// newManifest describes a node of which nothing is stored yet.
func newManifest(n *graph.Node, origin Origin, schema frame.Schema, by Partitioning) (*Manifest, error) {
	var spec bytes.Buffer
	if err := json.Compact(&spec, graph.Spec(n)); err != nil {
		return nil, fmt.Errorf("node %s: %w", n.ID(), err)
	}
	return &Manifest{
		Format: FormatVersion, ID: n.ID(), Hash: hex.EncodeToString(n.Hash[:]), Origin: origin, Spec: spec.Bytes(),
		Columns: schema.Fields, Key: schema.KeyNames(), Partitioning: by,
		Covered: Spans{}, Parts: []Part{}, Before: []Before{}, Inputs: []Digest{},
	}, nil
}

// Schema returns the columns of the node's rows.
func (m *Manifest) Schema() frame.Schema { return frame.Schema{Fields: m.Columns, Key: len(m.Key)} }

// Bytes returns what the node takes on disk, as-of rows included.
func (m *Manifest) Bytes() int64 {
	n := int64(0)
	for _, p := range m.Parts {
		n += p.Bytes
	}
	for _, b := range m.Before {
		n += b.Bytes
	}
	return n
}

// Span returns the range from the first part's beginning to the last part's end; ok is false where there is no part.
func (m *Manifest) Span() (s Span, ok bool) {
	if len(m.Parts) == 0 {
		return Span{}, false
	}
	return Span{m.Parts[0].Span.Start, m.Parts[len(m.Parts)-1].Span.End}, true
}

// encode returns the manifest as it stands on disk.
func (m *Manifest) encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", m.ID, err)
	}
	now := *m
	now.Format, now.Checksum = FormatVersion, ""
	return encodeDocument(now)
}

// encodeDocument writes a JSON document with its checksum.
func encodeDocument(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // a spec is for people, too
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return seal.Text(out.Bytes()), nil
}

// decodeManifest reads a manifest strictly. path is for messages.
func decodeManifest(text []byte, path string) (*Manifest, error) {
	m := &Manifest{text: text}
	if err := readDocument(text, path, m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, &DamageError{Path: path, Problem: err.Error()}
	}
	return m, nil
}

// readDocument decodes a JSON document that says its format, and strictly what has a format that is known.
func readDocument(text []byte, path string, into any) error {
	if err := CheckDocument(text, path); err != nil {
		return err
	}
	if err := strictJSON(text, into); err != nil {
		return &DamageError{Path: path, Problem: err.Error()}
	}
	return nil
}

// CheckDocument holds a JSON document of a lake against its checksum, if it is of a format that has one, and its format against what this
// version reads. It returns a *DamageError or a *NewerFormatError.
func CheckDocument(text []byte, path string) error {
	sealed, err := seal.CheckText(text)
	if err != nil {
		return &DamageError{Path: path, Problem: err.Error()}
	}
	var head struct {
		Format   int    `json:"format"`
		Checksum string `json:"checksum"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return &DamageError{Path: path, Problem: err.Error()}
	}
	if !sealed && (head.Format >= sealedFormat && head.Format <= FormatVersion || head.Checksum != "") {
		return &DamageError{Path: path, Problem: "it does not end with its checksum"}
	}
	if head.Format > FormatVersion {
		return &NewerFormatError{path, head.Format}
	}
	return nil
}

// strictJSON decodes one value, without unknown fields and with nothing after it.
func strictJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}

// Manifest returns what is stored of a node. It returns ErrNotStored, *DamageError, *NewerFormatError or *ReadError.
func (d *DateRange) Manifest(id string) (*Manifest, error) {
	path := filepath.Join(d.NodeDir(id), manifestName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", id, ErrNotStored)
	}
	if err != nil {
		return nil, &ReadError{path, err}
	}
	m, err := decodeManifest(text, path)
	if err != nil {
		return nil, err
	}
	if m.ID != id {
		return nil, &DamageError{Path: path, Problem: fmt.Sprintf("it is the manifest of %s", m.ID)}
	}
	if n := len(m.Covered); n > 0 && m.Covered[n-1].End > d.span.End {
		return nil, &DamageError{Path: path, Problem: fmt.Sprintf("it says that %s is covered, and the date range ends at %s", m.Covered[n-1], showTime(d.span.End))}
	}
	return m, nil
}

// current reports whether the manifest on disk is still m, as it was read.
func (d *DateRange) current(m *Manifest) bool {
	text, err := os.ReadFile(filepath.Join(d.NodeDir(m.ID), manifestName))
	return err == nil && bytes.Equal(text, m.text)
}

// writeManifest commits a node: from here on it is stored.
func (d *DateRange) writeManifest(ctx context.Context, m *Manifest) error {
	text, err := m.encode()
	if err != nil {
		return err
	}
	if err := d.writeDocument(ctx, d.NodeDir(m.ID), manifestName, text); err != nil {
		return err
	}
	m.text = text
	return nil
}

func (d *DateRange) writeDocument(ctx context.Context, dir, name string, text []byte) error {
	return writeFile(ctx, d.fs, dir, name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
