package graph

import "github.com/tdlake/tdlake/config"

// Nearest returns the known name that name was most likely meant to be, or "" where none is near.
func Nearest(name string, known []string) string { return config.Nearest(name, known) }
