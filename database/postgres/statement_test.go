package postgres

import "testing"

func TestStatement(t *testing.T) {
	for sql, want := range map[string]string{
		"select 1":                              "select 1",
		"select 1; -- all":                      "select 1",
		"select ';' ; ":                         "select ';' ",
		`select ";" from t;;`:                   `select ";" from t`,
		"select 'it''s;';":                      "select 'it''s;'",
		`select E'\';' ;x`:                      `select E'\';' `,
		`select '\' ; '`:                        `select '\' `,
		"select $$;$$;":                         "select $$;$$",
		"select $a$;$$;$a$;":                    "select $a$;$$;$a$",
		"select $1;":                            "select $1",
		"select a$b;c$b":                        "select a$b",
		"/* ; /* ; */ ; */ select 1 -- ;\n ; x": "/* ; /* ; */ ; */ select 1 -- ;\n ",
		"select 'open ; ":                       "select 'open ; ",
	} {
		if got := statement(sql, false); got != want {
			t.Errorf("%q gives %q, want %q", sql, got, want)
		}
	}
	if got, want := statement(`select 'it\';s', ';' ; `, true), `select 'it\';s', ';' `; got != want {
		t.Errorf("where backslashes escape it gives %q, want %q", got, want)
	}
}

func TestSplit(t *testing.T) {
	for name, want := range map[string]string{
		"prices": `"prices"`, "public.prices": `"public"."prices"`, `"a.b".c`: `"a.b"."c"`, `"x""y"`: `"x""y"`, "Mixed Case": `"Mixed Case"`,
		"": "error", "a.": "error", `"a`: "error",
	} {
		got := "error"
		if parts, err := split(name); err == nil {
			got = quoteAll(parts)
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", name, got, want)
		}
	}
}
