package duck

import (
	"context"
	"strings"
	"testing"
)

func TestCheckPure(t *testing.T) {
	d := open(t, Options{})
	if err := d.Exec(context.Background(), "create table prices as select timestamp '2022-01-01' as time_index, 'A' as unique_identifier, 1.0 as close, 1 as today"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"select time_index, unique_identifier, avg(close) over w as m from prices window w as (partition by unique_identifier order by time_index rows 20 preceding)",
		"from prices", "select today, close as current_date from prices", "select p.today from prices p", "select date_trunc('day', time_index), list_transform([1], x -> x + 1) from prices",
		"select hash(close), md5('a'), round(close) from prices", "with a as (from prices) from a", "select * from range(3)", "select '2022-01-01'::timestamptz, 'random()' from prices",
		"pivot prices on unique_identifier using sum(close)",
		"select time_index, 7 // 0 as a, 7 % 0 as b, null as c from prices",
	} {
		if err := d.CheckPure(context.Background(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for sql, word := range map[string]string{
		"select random() from prices":                                  "random",
		"select \"random\" () from prices":                             "random",
		"select 1 + uuid() from prices":                                "uuid",
		"select gen_random_uuid()":                                     "gen_random_uuid",
		"select now()":                                                 "now",
		"select today()":                                               "today",
		"select current_timestamp":                                     "current_timestamp",
		"select CURRENT_DATE from prices":                              "current_date",
		"select current_date()":                                        "current_date",
		"select get_current_timestamp()":                               "get_current_timestamp",
		"select get_current_time()":                                    "get_current_time",
		"select transaction_timestamp()":                               "transaction_timestamp",
		"select localtimestamp":                                        "localtimestamp",
		"select current_localtimestamp()":                              "current_localtimestamp",
		"select age(time_index) from prices":                           "age",
		"select nextval('s')":                                          "nextval",
		"select * from prices using sample 10":                         "sample",
		"select * from prices tablesample 10%":                         "sample",
		"select reservoir_quantile(close, 0.5) from prices":            "reservoir_quantile",
		"select list_transform([1], x -> random()) from prices":        "random",
		"select * from read_csv('x.csv')":                              "read_csv",
		"select * from 'x.csv'":                                        "x.csv",
		"select * from prices join 'x.csv' on true":                    "x.csv",
		"select * from prices, 'x.csv'":                                "",
		"select current_setting('threads')":                            "current_setting",
		"with a as (select random() as x from prices) select x from a": "random",
		"drop table prices":                                            "DROP",
		"from query('select random()')":                                "query",
	} {
		err := d.CheckPure(context.Background(), sql)
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestMentions(t *testing.T) {
	got, err := Mentions(`select p."a b", 'text' from Prices p join "x""y" using (id) -- comment`)
	want := `select p a b from Prices join x"y using id`
	if err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
}
