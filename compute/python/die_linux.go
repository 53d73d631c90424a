package python

import "syscall"

// dieWithParent has a worker killed when tdlake is, whatever the worker is doing. The signal comes when the thread that
// started it ends; Go ends threads rarely, and only ones that goroutines were locked to. Elsewhere, and besides, a worker
// watches its parent itself.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
