package compute

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// Incomplete returns the first time of a frame at which a condition over the rows of that time does not hold, such as count(*) >= 500. ok
// is false where it holds at all of them. Missing counts as no.
func Incomplete(ctx context.Context, f *frame.Frame, condition string) (at int64, ok bool, err error) {
	if f.Rows() == 0 {
		return 0, false, nil
	}
	db, err := duck.Open(ctx, duck.Options{Threads: 1})
	if err != nil {
		return 0, false, err
	}
	defer db.Close()
	if err := db.CheckCondition(ctx, condition); err != nil {
		return 0, false, err
	}
	if err := db.Register("rows", f); err != nil {
		return 0, false, err
	}
	query := fmt.Sprintf("select time_index from rows group by time_index having not coalesce((%s\n), false) order by time_index limit 1", condition)
	first, _, err := db.QueryFrame(ctx, query, []string{frame.TimeIndex})
	if err != nil || first.Rows() == 0 {
		return 0, false, err
	}
	return first.Times()[0], true, nil
}
