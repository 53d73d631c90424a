// Command postgres runs a throw-away PostgreSQL server for the benchmarks: on 127.0.0.1 and a free port, in a temporary folder. It prints the
// address of the server's empty database and runs until its standard input ends, then stops the server and removes the folder.
package main
