package duck

import (
	"errors"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// scanFunction is the table function that reads a registered table by its number. Relations are views over it, because
// DuckDB can drop a view but not a function.
const scanFunction = "tdlake_scan"

// registry holds the tables that a database's views read.
type registry struct {
	mu     sync.Mutex
	last   int64
	tables map[int64]registered
	byName map[string]int64
}

type registered struct {
	name  string
	table Table
}

func (r *registry) add(name string, t Table) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tables == nil {
		r.tables, r.byName = map[int64]registered{}, map[string]int64{}
	}
	r.last++
	r.tables[r.last] = registered{name, t}
	return r.last
}

func (r *registry) get(id int64) (Table, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.tables[id]
	return t.table, ok
}

func (r *registry) drop(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tables, id)
}

// keep makes id what the name stands for.
func (r *registry) keep(name string, id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tables, r.byName[name])
	r.byName[name] = id
}

func (r *registry) forget(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.byName[name]
	delete(r.tables, id)
	delete(r.byName, name)
	return ok
}

// register gives a new database the scan function.
func (r *registry) register(c mapping.Connection) error {
	f := mapping.CreateTableFunction()
	defer mapping.DestroyTableFunction(&f)
	mapping.TableFunctionSetName(f, scanFunction)
	id := mapping.CreateLogicalType(mapping.TypeBigInt)
	defer mapping.DestroyLogicalType(&id)
	mapping.TableFunctionAddParameter(f, id)
	setCallbacks(f, r)
	mapping.TableFunctionSupportsProjectionPushdown(f, true)
	if mapping.RegisterTableFunction(c, f) == mapping.StateError {
		return errors.New("DuckDB does not take the scan function")
	}
	return nil
}

// logicalTypeOf returns DuckDB's type for a column's.
func logicalTypeOf(t arrow.DataType) (mapping.Type, bool) {
	switch t := t.(type) {
	case *arrow.Float64Type:
		return mapping.TypeDouble, true
	case *arrow.Int64Type:
		return mapping.TypeBigInt, true
	case *arrow.BooleanType:
		return mapping.TypeBoolean, true
	case *arrow.StringType:
		return mapping.TypeVarchar, true
	case *arrow.Date32Type:
		return mapping.TypeDate, true
	case *arrow.TimestampType:
		return mapping.TypeTimestampTZ, t.Unit == arrow.Microsecond
	case *arrow.ListType:
		_, nested := t.Elem().(*arrow.ListType)
		_, ok := logicalTypeOf(t.Elem())
		return mapping.TypeList, ok && !nested
	}
	return 0, false
}

// newLogicalType makes the type; destroy it.
func newLogicalType(t arrow.DataType) mapping.LogicalType {
	if l, ok := t.(*arrow.ListType); ok {
		elem := newLogicalType(l.Elem())
		defer mapping.DestroyLogicalType(&elem)
		return mapping.CreateListType(elem)
	}
	id, _ := logicalTypeOf(t)
	return mapping.CreateLogicalType(id)
}
