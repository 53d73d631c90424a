package database

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/frame"
)

// Process is a node that fills a table of its own: what the tables of a database know of it.
type Process struct {
	ID      string          // local_hash_id
	Table   string          // the table's name, made of the node's table hash
	Name    string          // in the config
	Kind    string          //
	Version int             // the kind's
	Spec    json.RawMessage // the node's identity in clear
	Shared  bool            // other processes may fill the same table
	Inputs  []string        // local_hash_ids of what it reads
	Key     []string        // the table's key
	Start   int64           // datalake_start: rows before it are there for what reads them, and not in views
}

// Fits refuses new rows whose columns are not those that the process's table has.
func (p Process) Fits(table, rows frame.Schema) error {
	if table.Equal(rows) {
		return nil
	}
	return NewError(Data, "node "+p.Name, "a node's columns are those of its first rows: give the node another identity, or drop its table",
		"its table %s has the columns (%s), and the new rows (%s)", p.Table, table, rows)
}

// Progress is what a process has written: rows over [From, To), microseconds since the epoch. From may be math.MinInt64.
type Progress struct {
	From, To int64
	Rows     int64
	Schema   frame.Schema
	Age      int64 // microseconds since it was last written, by the database's clock
}

// Claim is the right to write a process's rows. Whoever claims a process next gets a higher token, and the writes of those
// before are refused.
type Claim struct {
	ID    string // local_hash_id
	Token int64
}

// Batch is one update of one process: everything in it becomes visible at once, or nothing.
type Batch struct {
	Process  Process
	Claim    Claim
	Run      int64                      // of BeginRun
	From, To int64                      // the rows' range; what the process had in it is replaced
	Only     []string                   // what is replaced is the rows of these unique_identifiers alone; nil: of all
	Rows     *frame.Frame               // in the order of the key, within [From, To); before Had.To those of Only alone
	Had      *Progress                  // what was there when the update began; nil: nothing
	Now      Progress                   // what is there afterwards; Rows and Schema are filled in
	Reads    map[string]json.RawMessage // by input: what was read of it, for whoever compares later
	Marks    []Mark                     // what the process's rows are stale by from now on
	Mended   []int64                    // marks that they are not stale by any more
	Rewrote  *Mark                      // the process has other rows before Had.To than it had: what its readers are stale by; nil: none
	Read     int64                      // rows read
	Took     int64                      // microseconds, of reading and computing
	State    string                     // what kind of update it is, for the log: schedule.Updated and others
}

// Mark says that a process's rows from a time on were computed from rows of an input that are other ones now, or that have come
// since. It stays until these rows are computed again.
type Mark struct {
	ID    int64  // the database's; 0: it is not there yet
	Input string // local_hash_id
	From  int64  // microseconds since the epoch; math.MinInt64: all rows
	What  string // which rows of the input, for people: "prices, in 2024-03: B"
}

// DisagreementError says that two processes which fill one table have different values for a key.
type DisagreementError struct {
	Table         string
	Key           string // time_index = ..., unique_identifier = ...
	Column        string
	First, Second string // process hashes; what First wrote stays, Second's is refused
	Has, Got      string // the values
}

func (e *DisagreementError) Error() string {
	return fmt.Sprintf("table %s: two processes disagree at %s: %s wrote %s = %s, and %s has %s: refused",
		e.Table, e.Key, e.First, e.Column, e.Has, e.Second, e.Got)
}

// Hint says what makes processes disagree.
func (e *DisagreementError) Hint() string {
	return "the parameters that ignore_local_kwargs names must not change what a row is: give the two nodes tables of their own, or have both read the same rows; " +
		"where these have changed since, update --revise the node of " + e.First + " first"
}

// Disagreement makes the error of what was found at one key: the key's values as text, then of every other column what the
// new row has, what is there, and "true" where the two differ.
func Disagreement(p Process, s frame.Schema, first string, found []string) *DisagreementError {
	e := &DisagreementError{Table: p.Table, First: first, Second: p.ID}
	var where []string
	for i, name := range s.KeyNames() {
		where = append(where, name+" = "+found[i])
	}
	e.Key = strings.Join(where, ", ")
	for i := s.Key; i < len(s.Fields); i++ {
		at := s.Key + 3*(i-s.Key)
		if found[at+2] == "true" {
			e.Column, e.Got, e.Has = s.Fields[i].Name, found[at], found[at+1]
			break
		}
	}
	return e
}

// LostClaimError says that somebody else has claimed a process since: nothing was written.
type LostClaimError struct{ ID string }

func (e *LostClaimError) Error() string {
	return e.ID + ": another scheduler has taken it over; nothing was written"
}

// Scheduler is a process of tdlake that updates nodes.
type Scheduler struct {
	ID          int64
	Name        string
	Host        string
	PID         int
	Environment string           // "" none
	Resources   map[string]int64 //
	Silent      int64            // microseconds since its last heartbeat, by the database's clock
	Holds       []string         // nodes, by name and local_hash_id
	Assigned    []string         // likewise
}

// ViewPart is one element of a node in a readable view: its process, and the settings that make it this one.
type ViewPart struct {
	ID       string // local_hash_id
	Settings []ViewSetting
}

// Shown are the settings that become columns: a setting that has the name of one of the node's columns is left out.
func (p ViewPart) Shown(s frame.Schema) []ViewSetting {
	return slices.DeleteFunc(slices.Clone(p.Settings), func(x ViewSetting) bool { return slices.Contains(s.Names(), x.Name) })
}

// ViewMark is the comment on a node's readable view, by which one that is as it should be is known.
func ViewMark(name, sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return "tdlake: the node " + name + " (" + hex.EncodeToString(sum[:8]) + ")"
}

// ViewSetting is a column of a view that is the same in all rows of an element: int64, float64, string, bool or a list.
type ViewSetting struct {
	Name  string
	Value any
}

// TableInfo is one of tdlake's tables.
type TableInfo struct {
	Table     string
	Rows      int64
	First     *int64 // time_index, microseconds since the epoch; nil: no rows
	Last      *int64
	Bytes     int64
	Processes []ProcessInfo // who writes it
	Readers   []string      // nodes that read it, by name and local_hash_id
}

// ProcessInfo is one of the processes that fill a table.
type ProcessInfo struct {
	ID, Name string
	To       int64 // progress, microseconds since the epoch
	Rows     int64
	Error    string // of its last update, if that failed
	Marks    []Mark // what its rows are stale by; List leaves it to Marks
}
