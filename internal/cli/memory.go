package cli

import (
	"os"
	"strconv"
	"strings"
)

// fallbackMemory is taken for the machine's where nothing says how much there is.
const fallbackMemory = 8 << 30

// budget is how much memory a command may use, in bytes, in two parts: results of nodes, and DuckDB.
type budget struct{ engine, duck int64 }

// budget divides --memory: by default half of what the container has, else half of the machine.
func (a *app) budget() budget {
	total := int64(a.memory)
	if total == 0 {
		total = availableMemory() / 2
	}
	duck := max(total/4, 32<<20)
	return budget{engine: total - duck, duck: duck}
}

// availableMemory is the smaller of the control group's limit and the machine's memory.
func availableMemory() int64 {
	machine := machineMemory()
	if machine <= 0 {
		machine = fallbackMemory
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
			return min(limit, machine)
		}
	}
	return machine
}
