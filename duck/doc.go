// Package duck is the only door to DuckDB: open a database with limits, give it frames, ask it for frames.
//
//	db, err := duck.Open(ctx, duck.Options{})
//	err = db.Register("prices", f)                        // a relation that reads f where it is
//	err = db.CheckPure(ctx, sql)                          // where the words are a user's
//	g, notes, err := db.QueryFrame(ctx, sql, f.Schema().KeyNames())
//
// Frames go in through a table function and come out of results chunk by chunk, each column copied once. A relation is
// scanned in its order by one thread, and a database has one thread unless told otherwise: sums are then the same to the
// bit from run to run. Timestamps are TIMESTAMP WITH TIME ZONE in DuckDB and the session is in UTC.
//
// # What comes out
//
// Whole numbers of any width up to 64 bits, floats, decimals (as the nearest float, with a [Note]), booleans, text, enums,
// dates and timestamps of any unit become the types of package frame. NaN, infinities (counted in a Note) and NULL are
// missing. Other types, HUGEINT among them, are a [TypeError] that names the column; for the screen [AsText] and [AsJSON]
// convert them.
//
// # Guards
//
// A database reaches no file outside Options.AllowedDirs and AllowedFiles, loads no extension, and its settings are
// locked. That does not keep SQL from writing inside those folders: [DB.Check] does, for every statement that a user
// wrote, and [DB.Select], which checks and runs it. [DB.CheckPure] also refuses what could give another answer over the
// same rows, and [DB.CheckCondition] all but a single expression. Exec, Query and CopyTo trust their SQL.
//
// Errors of DuckDB are [Error], with its own words and the place in the SQL; refusals are [RefusedError]; both have a
// Hint. Cancelling a context stops the query that runs under it.
package duck
