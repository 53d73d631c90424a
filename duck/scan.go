package duck

/*
#include <stdlib.h>

// DuckDB calls these; see https://golang.org/issue/19835 for the types.
void tdlake_scan_bind(void *);
void tdlake_scan_init(void *);
void tdlake_scan_next(void *, void *);
void tdlake_scan_free(void *);
typedef void (*tdlake_call)(void *);
typedef void (*tdlake_call2)(void *, void *);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// This file is the boundary to C: DuckDB's callbacks for the scan function. Go values cross it as handles, each in eight
// bytes of C memory that DuckDB frees through tdlake_scan_free.

var freeHandle = unsafe.Pointer(C.tdlake_call(C.tdlake_scan_free))

func newHandle(v any) unsafe.Pointer {
	p := C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
	*(*cgo.Handle)(p) = cgo.NewHandle(v)
	return p
}

func handled[T any](p unsafe.Pointer) T { return (*(*cgo.Handle)(p)).Value().(T) }

func setCallbacks(f mapping.TableFunction, r *registry) {
	mapping.TableFunctionSetExtraInfo(f, newHandle(r), freeHandle)
	mapping.TableFunctionSetBind(f, unsafe.Pointer(C.tdlake_call(C.tdlake_scan_bind)))
	mapping.TableFunctionSetInit(f, unsafe.Pointer(C.tdlake_call(C.tdlake_scan_init)))
	mapping.TableFunctionSetFunction(f, unsafe.Pointer(C.tdlake_call2(C.tdlake_scan_next)))
}

//export tdlake_scan_free
func tdlake_scan_free(p unsafe.Pointer) {
	(*(*cgo.Handle)(p)).Delete()
	C.free(p)
}

//export tdlake_scan_bind
func tdlake_scan_bind(p unsafe.Pointer) {
	info := mapping.BindInfo{Ptr: p}
	arg := mapping.BindGetParameter(info, 0)
	defer mapping.DestroyValue(&arg)
	id := mapping.GetInt64(arg)
	t, ok := handled[*registry](mapping.BindGetExtraInfo(info)).get(id)
	if !ok {
		mapping.BindSetError(info, fmt.Sprintf("relation %d is gone", id))
		return
	}
	for i, name := range t.Names {
		lt := newLogicalType(t.Columns[i].DataType())
		mapping.BindAddResultColumn(info, name, lt)
		mapping.DestroyLogicalType(&lt)
	}
	mapping.BindSetCardinality(info, mapping.IdxT(t.Rows()), true)
	mapping.BindSetBindData(info, newHandle(t), freeHandle)
}

//export tdlake_scan_init
func tdlake_scan_init(p unsafe.Pointer) {
	info := mapping.InitInfo{Ptr: p}
	s := &scan{table: handled[Table](mapping.InitGetBindData(info))}
	for i := range mapping.InitGetColumnCount(info) {
		s.columns = append(s.columns, int(mapping.InitGetColumnIndex(info, i)))
	}
	mapping.InitSetMaxThreads(info, 1) // rows stay in order
	mapping.InitSetInitData(info, newHandle(s), freeHandle)
}

//export tdlake_scan_next
func tdlake_scan_next(p, out unsafe.Pointer) {
	info := mapping.FunctionInfo{Ptr: p}
	handled[*scan](mapping.FunctionGetInitData(info)).next(mapping.DataChunk{Ptr: out})
}
