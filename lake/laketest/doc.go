// Package laketest is a database in memory, for tests of the lake and of what is built upon it.
//
// A [Database] is a [lake.Source]. Its tables are frames, taken as they are: rows out of order or with duplicate keys reach
// the lake, which has to refuse them. It counts the views that were opened, cuts rows into batches as a test likes, and
// fails where a test wants it to.
package laketest
