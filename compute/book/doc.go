// Package book follows a portfolio row by row: what is held, what it earns, what is traded and what
// that costs. Weights and returns come in as plain slices on one time grid; package compute aligns
// them.
package book
