// Package config reads the YAML that describes a lake, a pipeline and a sweep.
//
// [Load] returns a [Config], or every fault of the file at once as [Problems], each with its place, the line it is in and,
// where there is one, the nearest valid name. Reading is strict: an unknown key, a key given twice or a value of the wrong
// type is a fault. What belongs to the kinds of nodes is not checked here: node bodies are handed on as [Value]s, which keep
// their places, and package graph reads them.
//
// The YAML is read as version 1.2: 1e-5 is a number, yes and NO are text, dates are text except where a time is asked for.
// Anchors and aliases serve for whole values; merge keys (<<) and a second document are refused. A file may hold 4 MiB and,
// with aliases written out, 300,000 values, nested at most 32 deep.
//
// ${NAME} stands for an environment variable in database, and there alone; in node bodies ${name} stands for a parameter and
// is resolved by package graph. Parameters cannot refer to anything.
//
// A parameter whose default is text, or a list of texts, takes what sweep.vary and NAME=VALUE give it as text too: 000700, TRUE
// and 1E5 arrive as they are written. What YAML would leave out of a NAME=VALUE (a comment, an anchor) is a fault.
//
// Columns count characters, from 1. Places in NAME=VALUE from the command line have negative lines, which only
// [Config.Problem] needs to understand.
package config
