package graph

import (
	"crypto/sha256"
	"encoding"
	"hash"
)

// digest is SHA-256 of a text in pieces. It remembers how far it was before each piece, so that where only the last piece is another one,
// as between neighbours in a sweep, what comes before is not read again.
type digest struct {
	state  resumable
	before [][]byte // the state before each piece
	at     int      // the piece that is next; those before it are in the state
	out    []byte
}

// resumable is what crypto/sha256 promises of its hashes. None of it returns an error for a state that is its own.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// newDigest begins a text of so many pieces.
func newDigest(pieces int) digest {
	return digest{state: sha256.New().(resumable), before: make([][]byte, pieces)}
}

// put takes the k-th piece, instead of the one there was and all after it. Pieces before it must have been put.
func (d *digest) put(k int, piece []byte) {
	switch {
	case k == 0:
		d.state.Reset()
	case k != d.at:
		d.state.UnmarshalBinary(d.before[k])
	default:
		d.before[k], _ = d.state.AppendBinary(d.before[k][:0])
	}
	d.state.Write(piece)
	d.at = k + 1
}

// sum returns the hash of the pieces that were put.
func (d *digest) sum() (h Hash) {
	d.out = d.state.Sum(d.out[:0])
	copy(h[:], d.out)
	return h
}
