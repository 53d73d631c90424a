package sweeps

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// A fingerprint says whose a row group is: the same for the same points in the same order, and for no others. A file keeps those of its row groups, so
// that what it holds is known without a row of it: reading and comparing parameters and identifiers takes longer than all else about stored points.

// fingerprints are those of the row groups of a file of all of today's points.
type fingerprints struct {
	points map[string]share
	text   map[share]string
}

// todays returns the fingerprints of today's points, which are made once.
func (r *Results) todays() *fingerprints {
	if r.today != nil {
		return r.today
	}
	groups := r.who.rowGroups(everyPoint(r.space.Len()))
	r.today = &fingerprints{make(map[string]share, len(groups)), make(map[share]string, len(groups))}
	for i, text := range r.fingerprintsOf(groups) {
		s := share{groups[i][0], groups[i][len(groups[i])-1] + 1}
		r.today.points[text], r.today.text[s] = s, text
	}
	return r.today
}

// everyPoint returns the points of a space, in canonical order.
func everyPoint(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// known returns the points of row groups by their place in a file, given the fingerprints that it keeps. Those that a file of all of today's points
// doesn't have are missing.
func (r *Results) known(kept []string) map[int]share {
	known := map[int]share{}
	for i, text := range kept {
		if s, ok := r.todays().points[text]; ok {
			known[i] = s
		}
	}
	return known
}

// fingerprintsOf returns the fingerprints of row groups.
func (r *Results) fingerprintsOf(groups [][]int) []string {
	out := make([]string, len(groups))
	sideBySide(len(groups), func(i int) error {
		points := groups[i]
		if s := (share{points[0], points[len(points)-1] + 1}); r.today != nil && s.to-s.from == len(points) {
			out[i] = r.today.text[s]
		}
		if out[i] == "" {
			out[i] = r.fingerprint(points)
		}
		return nil
	})
	return out
}

// fingerprint hashes the names of the parameters, then of each point its target's local_hash_id and those values that are not the values of the point
// before.
func (r *Results) fingerprint(points []int) string {
	h := sha256.New()
	var text []byte
	for _, p := range r.space.Parameters {
		text = appendText(text, p.Name)
	}
	now, before := make([]int, len(r.space.Parameters)), make([]int, len(r.space.Parameters))
	for i, point := range points {
		if copy(before, now); i > 0 && point == points[i-1]+1 {
			r.space.next(point, now)
		} else {
			r.space.indexes(point, now)
		}
		text = append(text, byte(len(now))) // no parameter's number: a point begins
		text = append(text, r.who.hashes[point][:16]...)
		for k, p := range r.space.Parameters {
			if i == 0 || now[k] != before[k] {
				text = appendText(append(text, byte(k), byte(p.Type)), p.text[now[k]])
			}
		}
		if len(text) > 4096 { // handing over little by little takes longer than hashing
			h.Write(text)
			text = text[:0]
		}
	}
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func appendText(b []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
}
