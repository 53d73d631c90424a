package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// app is one run of the program: its streams and the flags that every command understands.
type app struct {
	ctx            context.Context // of the whole run, for what is called without one; nil: none
	stdin          io.Reader
	stdout, stderr io.Writer

	datalakeDir string
	end         string
	jobs        int
	memory      size
	offline     bool
	quiet       bool
	measures

	told sync.Map // what is said once a command

	bar atomic.Pointer[progressbar.ProgressBar] // on the terminal now
}

func (a *app) addFlags(f *pflag.FlagSet) {
	f.StringVar(&a.datalakeDir, "datalake-dir", os.Getenv("TDLAKE_DIR"), "`DIR` of the data lake, instead of the config's (also the variable TDLAKE_DIR)")
	f.Lookup("datalake-dir").DefValue = ""
	f.StringVar(&a.end, "end", "", "`DATE` at which the range ends, instead of the config's datalake_end; today is the last midnight, in UTC")
	f.IntVarP(&a.jobs, "jobs", "j", 0, "how many things to do at once; 0 for one for each processor")
	f.Var(&a.memory, "memory", "memory to stay within, such as 4GiB (default: half of what there is)")
	f.BoolVar(&a.offline, "offline", false, "never connect to the database; refuse what would need it")
	a.measures.addFlags(f)
	f.BoolVarP(&a.quiet, "quiet", "q", false, "print results, warnings and errors only")
}

// mostJobs is more than any machine is good for; each may be a thread of DuckDB's.
const mostJobs = 1024

// check refuses values of global flags that mean nothing.
func (a *app) check() error {
	if a.jobs < 0 || a.jobs > mostJobs {
		return usagef("0, or no --jobs, is one for each processor", "--jobs %d: must be from 0 to %d", a.jobs, mostJobs)
	}
	if a.memory != 0 && a.memory < 64<<20 {
		return usagef("--memory 256MiB is little already", "--memory %s: too little to work with", a.memory)
	}
	return nil
}

// refuseEmpty refuses flags given as nothing, as by a shell's variable that is not set.
func refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = usagef("give it a value, or leave it away", "--%s is given, and empty", f.Name)
		}
	})
	return err
}

// begin is what comes before every command.
func (a *app) begin(flags *pflag.FlagSet) error {
	if err := refuseEmpty(flags); err != nil {
		return err
	}
	if err := a.check(); err != nil {
		return err
	}
	return a.measures.start()
}

// threads is --jobs, by default one for each processor.
func (a *app) threads() int {
	if a.jobs > 0 {
		return a.jobs
	}
	return runtime.GOMAXPROCS(0)
}

// say prints a line, or several, about what goes on, which --quiet leaves out.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintln(a.stderr, visible(strings.TrimRight(fmt.Sprintf(format, args...), "\n")))
	}
}

// warn prints a warning, always; a bar makes room for it and comes back at its next step.
func (a *app) warn(text string) {
	if bar := a.bar.Load(); bar != nil {
		bar.Clear() // what it returns is the terminal's business
	}
	fmt.Fprintf(a.stderr, "tdlake: warning: %s\n", visible(text))
}

// warnOnce prints a warning that several engines may give.
func (a *app) warnOnce(text string) {
	if _, again := a.told.LoadOrStore(text, true); !again {
		a.warn(text)
	}
}

// isTerminal reports whether a stream is a terminal that a person looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns the columns of the terminal behind a stream, or def.
func width(stream any, def int) int {
	if f, ok := stream.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return def
}
