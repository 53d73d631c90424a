// Command tdlake is a workbench for DAGs of time series: see README.md, or run "tdlake help".
package main

import (
	"os"

	"github.com/tdlake/tdlake/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
