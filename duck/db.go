package duck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Options limit what a database may use and reach. The zero value is an empty database in memory that reaches no file.
type Options struct {
	Threads      int      // 1 where zero: results are then the same to the bit from run to run
	MemoryLimit  int64    // bytes; 1 GiB where zero
	TempDir      string   // where sorts and joins spill; without one they fail instead
	ReadOnlyFile string   // a DuckDB file, opened read only, instead of memory
	File         string   // a DuckDB file to write, made where there is none; Unregister what was registered before Close
	AllowedDirs  []string // folders that queries may read files of, themselves and below; links out of them lead nowhere
	AllowedFiles []string // single files likewise, and those that CopyTo may write
}

// DB is an open database. It may be used from many goroutines: each running query has a connection of its own.
type DB struct {
	db     mapping.Database
	frames registry
	memory bool         // not a file
	unique atomic.Int64 // numbers names
	views  sync.Mutex   // serialises changes of the catalog

	mu sync.Mutex // held while db is used to connect, or closed

	functions atomic.Pointer[map[string]function] // see functions.go
}

// Open starts a database. Extensions are neither installed nor loaded, the time zone is UTC, nothing outside
// AllowedDirs and AllowedFiles is reached, and no statement can change that.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var config mapping.Config
	mapping.CreateConfig(&config)
	defer mapping.DestroyConfig(&config)
	for _, s := range o.settings() {
		if mapping.SetConfig(config, s[0], s[1]) == mapping.StateError {
			return nil, fmt.Errorf("DuckDB does not know the setting %s = %s", s[0], s[1])
		}
	}
	path := cmp.Or(o.ReadOnlyFile, o.File, ":memory:")
	d := &DB{memory: path == ":memory:"}
	var message string
	if mapping.OpenExt(path, &d.db, config, &message) == mapping.StateError {
		return nil, newError(message)
	}
	if err := d.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Ahead begins to open a database, which takes some twelve milliseconds, before it is needed. What it returns waits for it.
func Ahead(o Options) func() (*DB, error) {
	open := sync.OnceValues(func() (*DB, error) { return Open(context.Background(), o) })
	go open()
	return open
}

// settings are those that hold from the first moment. What is left is set by prepare.
func (o Options) settings() [][2]string {
	threads, limit := max(o.Threads, 1), o.MemoryLimit
	if limit <= 0 {
		limit = 1 << 30
	}
	s := [][2]string{
		{"threads", strconv.Itoa(threads)},
		{"memory_limit", strconv.FormatInt(limit, 10) + "B"},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"allow_community_extensions", "false"},
		{"allow_persistent_secrets", "false"},
		{"temp_directory", o.TempDir},
		{"preserve_insertion_order", "true"},
		{"lambda_syntax", "ENABLE_SINGLE_ARROW"}, // x -> x + 1 goes on to be a lambda
		{"error_on_division_by_zero", "false"},   // x // 0 and x % 0 go on to be missing
		{"enable_external_file_cache", "false"},  // the system has the files in memory; a copy of one's own takes time to make and to free
	}
	if o.ReadOnlyFile != "" {
		s = append(s, [2]string{"access_mode", "READ_ONLY"})
	}
	return s
}

// prepare registers the scan of frames and locks the settings.
func (d *DB) prepare(ctx context.Context, o Options) error {
	var sql strings.Builder
	sql.WriteString("set global TimeZone = 'UTC';\n")
	sql.WriteString("set global http_proxy = '';\n") // it is the environment's, password and all, which a query could read
	if len(o.AllowedDirs) > 0 {
		fmt.Fprintf(&sql, "set allowed_directories = [%s];\n", literals(reached(o.AllowedDirs)))
	}
	if len(o.AllowedFiles) > 0 {
		fmt.Fprintf(&sql, "set allowed_paths = [%s];\n", literals(reached(o.AllowedFiles)))
	}
	sql.WriteString("set enable_external_access = false;\nset lock_configuration = true;")
	return d.with(func(c mapping.Connection) error {
		if err := d.frames.register(c); err != nil {
			return err
		}
		return exec(ctx, c, sql.String())
	})
}

// Close ends the database. Results that are still being read go on; what they hold is freed when they are closed.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	mapping.Close(&d.db)
	return nil
}

// Exec runs trusted SQL, several statements if need be, and discards what they return. Never give it a user's words.
func (d *DB) Exec(ctx context.Context, sql string) error {
	return d.with(func(c mapping.Connection) error { return exec(ctx, c, sql) })
}

// exec runs all statements of sql on one connection.
func exec(ctx context.Context, c mapping.Connection, sql string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer interruptOn(ctx, c)()
	var res mapping.Result
	defer mapping.DestroyResult(&res)
	if mapping.Query(c, sql, &res) == mapping.StateError {
		return failure(ctx, mapping.ResultError(&res))
	}
	return nil
}

// failure is the context's error where that explains the message, else DuckDB's.
func failure(ctx context.Context, message string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return newError(message)
}

// with lends a connection.
func (d *DB) with(use func(mapping.Connection) error) error {
	c, err := d.connect()
	if err != nil {
		return err
	}
	defer d.release(c)
	return use(*c)
}

// connect opens a connection. It costs some twenty microseconds; kept ones would remember a PIVOT's temporary types and
// aborted transactions.
func (d *DB) connect() (*mapping.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.db.Ptr == nil {
		return nil, errors.New("the database is closed")
	}
	c := new(mapping.Connection)
	if mapping.Connect(d.db, c) == mapping.StateError {
		return nil, errors.New("DuckDB gives no further connection")
	}
	return c, nil
}

func (d *DB) release(c *mapping.Connection) { mapping.Disconnect(c) }
