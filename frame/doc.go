// Package frame holds immutable tables of time series as Arrow memory.
//
// A [Frame] is in long form: one row a key, sorted by the key, the key's columns first. A [Panel] is the same data in
// wide form, one column an identifier, for kernels that walk along time. Each converts to the other without loss.
//
// Words: a key is the list of columns that names a row; it always begins with time_index. Missing is one thing: in a
// float column a slot is null exactly when its value is NaN, so kernels read the values and never look at a bitmap.
// Infinities never enter a frame: builders turn them into missing values and count them.
//
// Times are microseconds since 1970-01-01T00:00:00Z throughout. Strings compare by their UTF-8 bytes.
//
// Frames share memory freely (slices, selections and panels copy nothing where they can), so nothing in a frame may be
// written to once it is made. Memory belongs to the garbage collector; nobody calls Retain or Release.
package frame
