// Package cli is the tdlake command: flags, wiring, messages and exit codes.
//
// One file holds one command: its Options, the flags that fill them, and a run method that does the work. Nothing is decided inside a
// cobra closure. [Main] runs the program; commands.go lists every command; exit.go is the one place that turns errors into exit codes
// and messages.
//
// Results go to standard output and everything else to standard error. A reader that closes the pipe early (head, less) is no error.
package cli
