package verdict

import "fmt"

// Tail says what becomes of rows that the number of blocks does not divide.
type Tail int

const (
	Uneven   Tail = iota // the first blocks have a row more
	DropTail             // the last rows are left out
)

// blockEnds returns the row after each of s consecutive blocks of rows.
func blockEnds(rows, s int, tail Tail) ([]int, error) {
	if s < 2 || s%2 != 0 || s > maxBlocks {
		return nil, fmt.Errorf("%d blocks: an even number from 2 to %d is needed", s, maxBlocks)
	}
	size, more := rows/s, rows%s
	if size < 2 {
		return nil, fmt.Errorf("%d rows are too few for %d blocks of two rows", rows, s)
	}
	if tail == DropTail {
		more = 0
	}
	ends := make([]int, s)
	at := 0
	for b := range ends {
		at += size
		if b < more {
			at++
		}
		ends[b] = at
	}
	return ends, nil
}

// maxBlocks bounds the splits: 20 blocks have 184,756.
const maxBlocks = 20
