// Package columns hands Arrow columns to parquet-go's column writers and takes pages apart: what the files of a lake and those of a sweep
// have in common.
//
// parquet-go takes values one by one, as tagged structs. Making one takes longer than all that happens to it afterwards, so a [Feeder]
// makes a batch of them once and from then on changes only the eight bytes of each that hold a number. A [Page] likewise decodes into
// plain slices, without a value in between.
package columns
