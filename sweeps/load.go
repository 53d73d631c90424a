package sweeps

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
)

// Close ends what Ahead began, and closes files.
func (p *Plan) Close() {
	p.background.Wait()
	for _, r := range p.readings {
		r.file.close() // it was only read
	}
}

// Refresh takes in what other processes have done since the plan was made: points that they stored or removed, and parts of the lake. Whoever
// holds the lake's lock calls it before Missing.
func (p *Plan) Refresh() error {
	before := p.sources
	if before != nil {
		digests, err := StoredSources(p.pipeline, p.lake)(p.Representatives())
		if err != nil {
			return err
		}
		p.sources = asSources(digests)
	}
	now, err := listing(p.Dir)
	if err != nil || now == p.listing && slices.Equal(before, p.sources) {
		return err
	}
	p.Close()
	return p.load()
}

// refresh reads what is stored, again where another run has changed it since.
func (p *Plan) refresh() error {
	err := p.read()
	now, listed := listing(p.Dir)
	if listed != nil {
		return listed
	}
	if now == p.listing {
		return err
	}
	p.Close()
	if err := p.load(); err != nil {
		return err
	}
	return p.read()
}

// load finds out what is stored.
func (p *Plan) load() (err error) {
	if p.listing, err = listing(p.Dir); err != nil {
		return err
	}
	p.Results = newResults(p.Space, p.Metrics, p.ids)
	names, err := listPoints(p.Dir)
	if err != nil {
		return err
	}
	p.files, p.stale, p.staleTarget, p.readings, p.others = nil, nil, nil, nil, map[string][]string{}
	p.read = sync.OnceValue(p.readAll)
	if p.written, err = readManifest(p.Dir); err != nil {
		return err
	}
	for _, name := range names {
		if err := p.loadFile(name); err != nil {
			return err
		}
	}
	if p.target, err = p.loadTarget(); err != nil {
		return err
	}
	p.stored = p.Results.Done()
	return nil
}

func (p *Plan) loadFile(name string) error {
	f, err := openResults(filepath.Join(p.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process has just tidied up; its points are in the file it wrote
	}
	if err != nil {
		return err
	}
	used, err := p.loadOpened(f, name)
	if !used || err != nil {
		f.close()
	}
	return err
}

// loadOpened reports whether the file is still needed.
func (p *Plan) loadOpened(f *resultFile, name string) (bool, error) {
	meta, err := f.readMeta()
	if err != nil {
		return false, err
	}
	current, err := p.current(meta.Sources)
	if err != nil {
		return false, err
	}
	if !current {
		p.stale = append(p.stale, name)
		return false, nil
	}
	st, err := f.file.Stat()
	if err != nil {
		return false, f.damage(err)
	}
	believed, err := p.believed(f, st.Size(), meta)
	if err != nil {
		return false, err
	}
	a, reading, err := p.Results.absorb(f, meta, believed)
	if err != nil {
		return false, err
	}
	p.files = append(p.files, storedFile{name: name, names: f.names, types: f.types, rows: f.rows(), size: st.Size(), meta: meta, absorbed: a})
	p.readings = append(p.readings, reading)
	return true, nil
}

// believed returns the fingerprints of a file's row groups, none where it isn't the very file that _sweep.json says was written: parameters and identifiers that nobody
// reads might be damaged, and row groups are copied.
func (p *Plan) believed(f *resultFile, size int64, meta fileMeta) ([]string, error) {
	if len(meta.Groups) == 0 || p.written.File != filepath.Base(f.path) || p.written.Bytes != size {
		return nil, nil
	}
	if f.sealed() {
		return meta.Groups, nil // what says whose they are is as it was written
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f.file, 0, size)); err != nil {
		return nil, f.damage(err)
	}
	if hex.EncodeToString(h.Sum(nil)) != p.written.SHA256 {
		return nil, nil
	}
	return meta.Groups, nil
}

// readAll reads file by file, in the order in which they were found: of a value that two have, the last one's counts.
func (p *Plan) readAll() error {
	p.Results.makeRoom()
	for _, r := range p.readings {
		if err := r.run(); err != nil {
			return err
		}
	}
	p.Results.nameTypes()
	return nil
}
