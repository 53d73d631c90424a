//go:build !linux

package python

import "syscall"

func dieWithParent(*syscall.SysProcAttr) {}
