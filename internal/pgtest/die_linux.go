package pgtest

import "syscall"

// dieWithParent has the server stop when a test process is killed and cannot stop it.
//
// The signal comes when the thread that started the server ends; Go ends threads rarely, and only ones that goroutines
// were locked to.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
