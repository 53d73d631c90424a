package columns

import (
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// setNumber changes the number in a value of a 64-bit type and leaves its type and levels as they are.
func setNumber(v *parquet.Value, bits uint64) {
	*(*uint64)(unsafe.Add(unsafe.Pointer(v), numberAt)) = bits
}

// numberAt is where a value keeps its number. parquet-go does not say, so it is found by what changes when the number does.
var numberAt = findNumber()

func findNumber() uintptr {
	const pattern = 0x0123456789abcdef
	zero, other := parquet.Int64Value(0), parquet.Int64Value(pattern)
	for at := uintptr(0); at+8 <= unsafe.Sizeof(zero); at += 8 {
		if word(&zero, at) == 0 && word(&other, at) == pattern {
			return at
		}
	}
	panic("columns: this version of parquet-go keeps numbers in another way")
}

func word(v *parquet.Value, at uintptr) uint64 { return *(*uint64)(unsafe.Add(unsafe.Pointer(v), at)) }
