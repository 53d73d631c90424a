//go:build !linux

package lake

import "errors"

// exchange fails: the caller renames twice instead.
func exchange(string, string) error { return errors.ErrUnsupported }
