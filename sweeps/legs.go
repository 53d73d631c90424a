package sweeps

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/tdlake/tdlake/compute"
)

// Legs keeps what the sides of a sweep's portfolios came to, in legs-*.bin in the sweep's folder: a window that is added to one side meets
// all of the other without a regression, and so does a metric that is new. Nothing depends on it: without these files the same is
// computed again.
//
// The caller holds the lake's lock.
type Legs struct {
	dir     string
	sources []string // of legs that are made

	turn    sync.Mutex // who writes a file holds it, and may take mu in it
	writing sync.WaitGroup

	mu      sync.Mutex // guards all below: never held while a file is written, for whoever computes asks what is kept
	files   []*legFile
	at      map[compute.LegKey]legPlace
	old     []string // files that are stale
	pending map[compute.LegKey]*compute.Leg
	bytes   int64 // of files and of what is pending
	broken  error // why nothing more is written
	waiting int64 // bytes that are pending and that no file is being written of
	written time.Time
}

// How legs are written where tests don't say: a kill loses what was made since the last file.
var (
	legFileBytes = int64(32 << 20)
	legFileEvery = 30 * time.Second
	legsMost     = int64(1 << 30) // bytes in a folder, beyond which no more are kept
)

// OpenLegs reads what legs are kept. Those of parts that are gone or changed don't count. Close it after the run.
func (p *Plan) OpenLegs() (*Legs, error) {
	l := &Legs{dir: p.Dir, sources: p.sources, at: map[compute.LegKey]legPlace{}, pending: map[compute.LegKey]*compute.Leg{}, written: time.Now()}
	names, err := list(p.Dir, legsPrefix)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := l.open(name, p.current); err != nil {
			l.closeFiles()
			return nil, err
		}
	}
	return l, nil
}

// KeptLegs returns which legs are kept, changing nothing on disk.
func (p *Plan) KeptLegs() (map[compute.LegKey]bool, error) {
	l, err := p.OpenLegs()
	if err != nil {
		return nil, err
	}
	kept := make(map[compute.LegKey]bool, len(l.at))
	for key := range l.at {
		kept[key] = true
	}
	return kept, l.closeFiles()
}

func (l *Legs) open(name string, isCurrent func(sources []string) (bool, error)) error {
	f, err := openLegs(filepath.Join(l.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // who only looks holds no lock: another process has just removed it
	}
	if err != nil {
		return err
	}
	current, err := isCurrent(f.meta.Sources)
	if err != nil {
		return errors.Join(err, f.file.Close())
	}
	if !current {
		l.old = append(l.old, name)
		return f.file.Close()
	}
	l.files = append(l.files, f)
	l.bytes += f.size
	for key, place := range f.places {
		l.at[key] = place
	}
	return nil
}

// Has reports whether a leg is kept.
func (l *Legs) Has(key compute.LegKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.at[key]
	return ok || l.pending[key] != nil
}

// Load returns a leg, nil where it is not kept. Bytes that aren't what was written are a *lake.DamageError.
func (l *Legs) Load(key compute.LegKey) (*compute.Leg, error) {
	l.mu.Lock()
	place, ok := l.at[key]
	leg := l.pending[key]
	l.mu.Unlock()
	if leg != nil || !ok {
		return leg, nil
	}
	return place.load()
}

// Save keeps a leg: in memory at first, and in a file when enough of them are there or some time has passed.
func (l *Legs) Save(key compute.LegKey, leg *compute.Leg) error {
	if l.hold(key, leg) {
		l.commit()
	}
	return nil
}

// hold keeps a leg in memory and reports whether it is time to write.
func (l *Legs) hold(key compute.LegKey, leg *compute.Leg) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := legBytes(len(leg.Times))
	if _, ok := l.at[key]; ok || l.broken != nil || l.pending[key] != nil || l.bytes+size > legsMost {
		return false
	}
	l.pending[key] = leg
	l.bytes += size
	l.waiting += size
	return l.waiting >= legFileBytes || time.Since(l.written) >= legFileEvery
}

// begin writes what is pending beside what else goes on.
func (l *Legs) begin() {
	if l == nil {
		return
	}
	l.writing.Go(l.commit)
}

// commit writes what is pending as one file. Where that fails, of a full disk say, no more is kept: nothing depends on it.
func (l *Legs) commit() {
	l.turn.Lock()
	defer l.turn.Unlock()
	if err := l.write(); err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.broken = err
	}
}

// Problem says why not all legs were kept, nil where they were. It is complete after Close.
func (l *Legs) Problem() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

func (l *Legs) write() error {
	legs := l.take()
	if len(legs) == 0 || l.Problem() != nil {
		return nil
	}
	f, err := writeLegs(l.dir, legs, legMeta{Format: formatVersion, Sources: l.sources})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files = append(l.files, f)
	for key, place := range f.places {
		l.at[key] = place
		delete(l.pending, key)
	}
	return nil
}

// take returns what is pending, which stays so until it is in a file.
func (l *Legs) take() map[compute.LegKey]*compute.Leg {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.written = 0, time.Now()
	return maps.Clone(l.pending)
}

// Close writes what is pending and removes what is stale.
func (l *Legs) Close() error {
	if l == nil {
		return nil
	}
	l.writing.Wait()
	l.commit()
	err := remove(l.dir, l.old...)
	return errors.Join(err, l.closeFiles())
}

func (l *Legs) closeFiles() error {
	var all error
	for _, f := range l.files {
		all = errors.Join(all, f.file.Close())
	}
	l.files = nil
	return all
}
