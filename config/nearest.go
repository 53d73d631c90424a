package config

import (
	"fmt"
	"strings"
)

// Nearest returns the known name that name was most likely meant to be, or "" where none is near: one edit and one more for
// every four characters will do, but never half of them (an exchange of two neighbours is one edit; upper and lower case, and
// - and _, are the same).
func Nearest(name string, known []string) string {
	if len(name) > 100 {
		return ""
	}
	folded := fold(name)
	best, bestCost := "", min(len(folded)/2, 1+len(folded)/4)+1
	for _, k := range known {
		if len(k) > 100 {
			continue
		}
		if cost := distance(folded, fold(k)); cost < bestCost {
			best, bestCost = k, cost
		}
	}
	return best
}

// Suggest returns a hint for an unknown name: the nearest known one, else all of them where they are few.
func Suggest(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > 20 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

func fold(s string) []rune { return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_")) }

// distance is the number of edits between a and b: insert, delete, replace, exchange neighbours.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
