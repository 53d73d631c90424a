// Package schedule keeps the tables of a database up to date: tdlake update, in one process, and schedulers, many processes
// that share the work.
//
// A [Tree] is the derived nodes that some targets need, inputs first, and from when each is kept: from datalake_start, less
// what those that read it look back. Each node fills a table of its own from what its inputs' tables hold; tables of the
// database's users are read and never written. An [Updater] brings one node up to date, a [Pass] all of a tree in one
// process, and a [Scheduler] whatever of a tree is due and not being done by another, several nodes at once, as far as its
// resources go.
//
// # Words
//
// A process is a node as a writer of rows; several may fill one table, where ignore_local_kwargs says so. Its progress is the
// range [From, To) of which it has written all rows there are; it goes on from To. What a process has read of an input is
// remembered as digests by month ([Seen]): rows that came late, or were changed, show by them. Where every node between a
// table of the users and a process works by identifier (graph.Kind), it also remembers up to when it has the rows of each
// identifier: those of one that lags behind others show by that, and the process catches up with them.
//
// # How far a node goes
//
// A node's time grid is that of its first input. It is brought up to that input's last time, and not beyond what any derived
// input has: so a node never sees half of an input. Times of a table that is read as of a time, such as a universe, bound
// nothing.
//
// # What is promised
//
// An update is one transaction: rows, progress and digests become visible together. The rows are bit for bit those of a
// computation from scratch, wherever updates began and ended: kinds are exact over any range, and a portfolio, whose value
// accumulates, goes on from its last row. A process is claimed before it is updated; a claim is a lease by the database's
// clock with a token that every write is checked against, so whoever was thought dead writes nothing any more.
package schedule
