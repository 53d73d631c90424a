package sweeps

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/seal"
	"github.com/tdlake/tdlake/lake"
)

// manifest is _sweep.json: what the folder holds, for people and other programs. It is written last and decides
// nothing but whether the footer of that file is believed (see Plan.believed): which points there are is known from the points themselves.
type manifest struct {
	Format     int              `json:"format"`
	Sweep      string           `json:"sweep_hash"`
	Kind       string           `json:"target_kind"`
	Parameters []frame.Field    `json:"parameters"`
	Metrics    []manifestMetric `json:"metrics"`
	Points     int              `json:"points"`
	File       string           `json:"file"`
	Bytes      int64            `json:"bytes"`
	SHA256     string           `json:"sha256"`
	Sources    []string         `json:"sources"` // the parts that the points were computed from
	Checksum   string           `json:"checksum,omitempty"`
}

type manifestMetric struct {
	Name       string     `json:"name"`
	Type       frame.Type `json:"type"`
	Definition string     `json:"definition"`
	Key        string     `json:"key"`
}

// writtenManifest is _sweep.json as it stands; the zero value where there is none, or none that can be read.
type writtenManifest struct {
	manifest
	text []byte
}

func readManifest(dir string) (w writtenManifest, err error) {
	w.text, err = os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, &lake.ReadError{Path: filepath.Join(dir, manifestName), Err: err}
	}
	err = lake.CheckDocument(w.text, filepath.Join(dir, manifestName))
	if newer := (*lake.NewerFormatError)(nil); errors.As(err, &newer) {
		return w, err
	}
	if err != nil || json.Unmarshal(w.text, &w.manifest) != nil {
		return writtenManifest{}, nil
	}
	return w, nil
}

// describe makes the manifest for the present points.
func (p *Plan) describe(points int, size int64, sha string, sources []string) []byte {
	m := manifest{
		Format: formatVersion, Sweep: hex.EncodeToString(p.Hash[:]), Parameters: []frame.Field{}, Metrics: []manifestMetric{},
		Points: points, File: pointsName, Bytes: size, SHA256: sha, Sources: append([]string{}, sources...),
	}
	if p.Points() > 0 {
		m.Kind = p.Node(0).Kind.Name
	}
	for _, param := range p.Space.Parameters {
		m.Parameters = append(m.Parameters, frame.Field{Name: param.Name, Type: param.Type})
	}
	for _, metric := range p.Metrics {
		m.Metrics = append(m.Metrics, manifestMetric{metric.Name, metric.Type, metric.Definition(), metric.key()})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		panic("sweeps: " + err.Error()) // no value of m can fail to be written
	}
	return seal.Text(out.Bytes())
}

// describes reports whether the manifest on disk is that of the stored points.
func (p *Plan) describes(points int, file storedFile) bool {
	return bytes.Equal(p.written.text, p.describe(points, file.size, p.written.SHA256, file.meta.Sources))
}

func writeText(ctx context.Context, dir, name string, text []byte) error {
	return lake.WriteFile(ctx, dir, name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
