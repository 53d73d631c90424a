// Package python computes the nodes that are written in other languages: kind python, a function in a Python file, and kind
// command, any program. Both exchange Arrow IPC streams with processes over their standard streams.
//
// A [Pool] keeps processes alive between calls: one worker serves all points of a sweep. It starts no more of them than it
// is told, ends idle ones of one environment to make room for another's, and ends all when it is closed. A worker is in a
// process group of its own, is killed with everything it started when a call is cancelled or takes too long, and ends by
// itself when tdlake is gone. docs/nodes-in-other-languages.md describes the protocol; message.go is its Go side and
// worker.py its Python side, which is embedded and needs nothing but pyarrow.
//
// What comes back is checked before anything else sees it: the key's columns and types, order, duplicates, times. Every
// error says what is wrong and, for a function, in which line of its file.
//
// [Environments] knows the config's environments: which interpreter each one is, what identifies its packages, how one is
// locked and made from requirements. It answers as a graph.Outside for identities: see identity.go.
//
// Nothing is pickled, and no connection is opened. Code of nodes is the user's own and runs with the user's rights: limits
// of time and memory protect from accidents.
package python
