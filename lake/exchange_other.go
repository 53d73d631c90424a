//go:build !linux

package lake

import "errors"

// exchange fails: the caller renames twice instead.
func exchange(int, string, string) error { return errors.ErrUnsupported }
