// Package seal lets a file say what its bytes are, so that one that is altered is found by whoever reads it.
//
// A sealed file holds the SHA-256 of all its other bytes: a JSON document in its last field (see [Text]), a Parquet file in its footer (see
// [Writer]), where programs that know nothing of seals pass over it. Files from before there were seals have none: what they say of their
// format tells whether one is missing.
//
// To sum a file takes longer than to query it, so [Once] remembers which files were found whole. A file counts as the same one while its
// path, size, inode and times of change are the same: what a disk loses without a write is found by who sums every byte, as `tdlake verify`
// does.
//
// # Left out
//
// Seals are against accidents. Who can write a file can seal it too.
package seal
