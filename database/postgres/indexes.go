package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// indexes is what helps to read a table. Queries and views have nothing of it.
type indexes struct {
	byTime bool     // some index leads with time_index
	byKey  []column // the key without time_index, in the order in which some index has it before time_index; nil if none has
}

// findIndexes looks for whole, valid btree indexes: a partial one holds only some rows.
func (v *View) findIndexes(ctx context.Context, r *relation) error {
	if r.oid == 0 {
		return nil
	}
	rows, err := v.query(ctx, r.label, fmt.Sprintf(`select (select json_agg(coalesce(a.attname, '') order by k.n)
	from unnest(i.indkey::int2[]) with ordinality k(att, n) left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.att
	where k.n <= i.indnkeyatts)
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
where i.indrelid = %d and i.indisvalid and i.indpred is null and m.amname = 'btree'
order by i.indisprimary desc, i.indisunique desc, i.indexrelid`, r.oid))
	if err != nil {
		return err
	}
	for _, row := range rows {
		var names []string
		if err := json.Unmarshal(row[0], &names); err != nil {
			return err
		}
		if names[0] == r.time().name {
			r.index.byTime = true
		}
		if r.index.byKey == nil {
			r.index.byKey = leading(names, r)
		}
	}
	return nil
}

// leading returns the key without time_index as an index has it, where time_index follows.
func leading(names []string, r *relation) []column {
	rest := r.rest()
	if len(names) <= len(rest) || names[len(rest)] != r.time().name {
		return nil
	}
	out := []column{}
	for _, name := range names[:len(rest)] {
		i := slices.IndexFunc(rest, func(c column) bool { return c.name == name && !c.icase })
		if i < 0 {
			return nil
		}
		out = append(out, rest[i])
	}
	return out
}
