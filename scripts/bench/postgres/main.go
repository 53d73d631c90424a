package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tdlake/tdlake/internal/pgtest"
)

func main() {
	server, err := pgtest.Start("max_parallel_workers_per_gather = 0", "maintenance_work_mem = 512MB")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer server.Close()
	fmt.Println(server.URL("postgres"))
	io.Copy(io.Discard, os.Stdin) // until whoever started this is done, or gone
}
