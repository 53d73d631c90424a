// Command postgres runs a throw-away PostgreSQL server for the benchmarks: on 127.0.0.1 and a free port, in a temporary folder. It prints the
// address of the server's empty database and runs until its standard input ends, then stops the server and removes the folder.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tdlake/tdlake/internal/pgtest"
)

func main() {
	server, err := pgtest.Start("max_parallel_workers_per_gather = 0", "maintenance_work_mem = 512MB", "autovacuum = off")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer server.Close()
	fmt.Println(server.URL("postgres"))
	io.Copy(io.Discard, os.Stdin) // until whoever started this is done, or gone
}
