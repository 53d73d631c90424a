package cli

import (
	"encoding/binary"
	"syscall"
)

// machineMemory is the machine's memory in bytes, or 0. Sysctl takes the number for text and cuts a last zero byte off.
func machineMemory() int64 {
	text, err := syscall.Sysctl("hw.memsize")
	if err != nil || len(text) > 8 {
		return 0
	}
	var number [8]byte
	copy(number[:], text)
	return int64(binary.LittleEndian.Uint64(number[:]))
}
