//go:build !linux

package pgtest

import "syscall"

// dieWithParent does nothing: only Linux can tell a process of its parent's end.
func dieWithParent(*syscall.SysProcAttr) {}
