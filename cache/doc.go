// Package cache is the hot cache: results in memory, known by what they are, bounded in bytes.
//
// Its soundness rests on four rules.
//
//   - A key names a value completely, so an entry can be missing but never wrong.
//   - The cache may forget anything at any time, even what was just put in; callers recompute. Only what was kept with
//     Keep stays, and its bytes come out of the same budget.
//   - Misses of one key are joined: one caller computes, the others wait for it without holding anything.
//   - A caller whose context ends leaves at once; if it was the one computing, one of those waiting takes over.
package cache
