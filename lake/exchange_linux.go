package lake

import "golang.org/x/sys/unix"

// exchange swaps two names in a folder in one step.
func exchange(dir int, a, b string) error {
	return unix.Renameat2(dir, a, dir, b, unix.RENAME_EXCHANGE)
}
