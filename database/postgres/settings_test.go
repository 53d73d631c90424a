package postgres

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// oddSettings are those that decide how values are written as text and read from it.
const oddSettings = `alter database %s set datestyle = 'SQL, DMY'; alter database %s set timezone = 'Asia/Kolkata';
alter database %s set intervalstyle = 'sql_standard'; alter database %s set bytea_output = 'escape';
alter database %s set extra_float_digits = -3`

const backslashes = "alter database %s set standard_conforming_strings = off"

// A view, or a query, that casts says what it says to everybody, whatever the settings of the database, the role and the address are.
func TestViewsSayTheSame(t *testing.T) {
	const data = `create table raw (d text, at timestamptz, span text, f float8);
insert into raw values ('03/04/05', '2024-03-09 20:30Z', '-1 2:03:04', 1::float8 / 3), ('06/07/08', '2024-03-10 07:30Z', '3 4:05:06', 2::float8 / 3);
create view days as select d::date as time_index, 'A'::text as unique_identifier, f as v from raw;
create view local as select at::date::timestamp + span::interval as time_index, 'A'::text as unique_identifier, f::text as v from raw;
create view zoned as select (d || ' 12:00')::timestamptz as time_index, extract(hour from at)::text as unique_identifier, at::text as v from raw;
create view bytes as select at as time_index, convert_to(E'\\xc3\\xa9', 'UTF8')::text as unique_identifier, span::interval::text as v from raw`
	settings := map[string]string{"none": "", "odd": oddSettings, "backslashes": backslashes,
		"american": "alter database %s set datestyle = 'ISO, MDY'; alter database %s set timezone = 'America/New_York'",
		"role":     "alter role " + pgtest.User + " in database %s set datestyle = 'German, DMY'; alter database %s set timezone = 'Pacific/Apia'"}
	for name, sql := range settings {
		url := harness{settings: sql}.url(t)
		pgtest.Exec(t, url, data)
		for _, from := range []string{"days", "local", "zoned", "bytes", `(select at as time_index, 'a\\;'::text as unique_identifier, at::date::text as v from raw where '\\' <> ';') q`} {
			var want []string
			for _, row := range pgtest.Query(t, url, "select (extract(epoch from time_index) * 1000000)::bigint, unique_identifier, v from "+from+" order by 1, 2") {
				want = append(want, fmt.Sprint(row))
			}
			table := graph.Table{Query: "select time_index, unique_identifier, v::text as v from " + from + ";", Key: []string{"time_index", "unique_identifier"}}
			var got []string
			for f, err := range view(t, url).Rows(t.Context(), table, math.MinInt64, math.MaxInt64) {
				if err != nil {
					t.Fatalf("%s, %s: %v", name, from, err)
				}
				for i, at := range f.Times() {
					got = append(got, fmt.Sprint([]string{fmt.Sprint(at), f.Identifiers()[i], f.Named("v").ValueStr(i)}))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v, and the database says %v", name, from, got, want)
			}
		}
	}
}

// Bounds of a range are the same instants under all settings.
func TestBoundsUnderOddSettings(t *testing.T) {
	url := harness{settings: oddSettings}.url(t)
	for _, at := range []time.Time{time.Date(2024, 3, 10, 23, 59, 59, 999_999_000, time.UTC), time.Date(1, 2, 3, 4, 5, 6, 7000, time.UTC), time.Date(-400, 2, 3, 4, 5, 6, 7000, time.UTC),
		time.Date(12024, 11, 12, 13, 14, 15, 0, time.UTC), time.Date(1969, 12, 31, 23, 0, 0, 1000, time.UTC)} {
		sql := fmt.Sprintf("select %s, %s", micros(instant(at.UnixMicro())), micros("("+instant(at.UnixMicro())+" at time zone 'UTC')"))
		if got := pgtest.Query(t, url, sql)[0]; got[0] != fmt.Sprint(at.UnixMicro()) || got[1] != got[0] {
			t.Errorf("%s is %v, not %d", at, got, at.UnixMicro())
		}
	}
}
