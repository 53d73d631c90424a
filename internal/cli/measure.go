package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"
)

// measures is what a command says of its own cost: a profile, a trace, and with --stats a table of where the time went.
type measures struct {
	cpuProfile, trace string
	stats             bool

	begin time.Time
	files []io.Closer

	mu     sync.Mutex
	phases []phase
	facts  []string // "name\tvalue"
}

// phase is a part of a command and how long it took, all its turns together.
type phase struct {
	name string
	took time.Duration
}

func (m *measures) addFlags(f *pflag.FlagSet) {
	f.StringVar(&m.cpuProfile, "cpuprofile", "", "write a profile for go tool pprof to `FILE`")
	f.StringVar(&m.trace, "trace", "", "write a trace for go tool trace to `FILE`")
	f.BoolVar(&m.stats, "stats", false, "say at the end where the time went, what was computed and what was reused, and the peak of memory")
}

// start begins what the flags ask for.
func (m *measures) start() error {
	m.begin = time.Now()
	if m.cpuProfile != "" {
		f, err := m.create(m.cpuProfile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	}
	if m.trace != "" {
		f, err := m.create(m.trace)
		if err != nil {
			return err
		}
		return trace.Start(f)
	}
	return nil
}

func (m *measures) create(path string) (*os.File, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, usagef("name a file that can be written", "%v", err)
	}
	m.files = append(m.files, f)
	return f, nil
}

// stop ends what start began, and prints the table.
func (m *measures) stop(w io.Writer) error {
	pprof.StopCPUProfile()
	trace.Stop()
	var errs []error
	for _, f := range m.files {
		errs = append(errs, f.Close())
	}
	if m.stats && !m.begin.IsZero() {
		errs = append(errs, m.print(w))
	}
	return errors.Join(errs...)
}

// phase times a part of a command: defer m.phase("plan")().
func (m *measures) phase(name string) func() {
	begin := time.Now()
	return func() {
		took := time.Since(begin)
		m.mu.Lock()
		defer m.mu.Unlock()
		for i := range m.phases {
			if m.phases[i].name == name {
				m.phases[i].took += took
				return
			}
		}
		m.phases = append(m.phases, phase{name, took})
	}
}

// fact notes a figure for the table.
func (m *measures) fact(name, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts = append(m.facts, name+"\t"+fmt.Sprintf(format, args...))
}

func (m *measures) print(w io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := time.Since(m.begin)
	rest := total
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range m.phases {
		fmt.Fprintf(t, "  %s\t%.3f s\n", p.name, p.took.Seconds())
		rest -= p.took
	}
	fmt.Fprintf(t, "  everything else\t%.3f s\n  in all\t%.3f s\n", max(0, rest.Seconds()), total.Seconds())
	user, system := processorTime()
	fmt.Fprintf(t, "  processors\t%.3f s of the program, %.3f s of the system\n", user.Seconds(), system.Seconds())
	for _, f := range m.facts {
		fmt.Fprintf(t, "  %s\n", strings.Replace(f, "\t", "\t", 1))
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	fmt.Fprintf(t, "  garbage collections\t%d, %.3f s\n", mem.NumGC, time.Duration(mem.PauseTotalNs).Seconds())
	fmt.Fprintf(t, "  peak memory\t%.1f MiB\n", float64(peakMemory())/(1<<20))
	return t.Flush()
}
