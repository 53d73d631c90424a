package database

import (
	"encoding/json"
	"fmt"

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
	Read     int64                      // rows read
	Took     int64                      // microseconds, of reading and computing
	State    string                     // what kind of update it is, for the log: schedule.Updated and others
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
}
