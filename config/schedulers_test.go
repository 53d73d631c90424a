package config

import (
	"strings"
	"testing"
)

func TestSchedulers(t *testing.T) {
	const text = `
datalake_name: test
datalake_start: 2022-01-01
datalake_end: 2023-01-01
database: files:.
environments: {sklearn: {python: python3}}
schedulers: SCHEDULERS
nodes: {prices: {kind: table, table: prices}}
target: prices
`
	c, err := Parse("tdlake.yaml", []byte(strings.Replace(text, "SCHEDULERS", "{a: {environment: sklearn}, b: {resources: {gpus: 2}}, c: {}}", 1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Schedulers; len(s) != 3 || s[0].Environment.Name != "sklearn" || s[1].Resources["gpus"] != 2 {
		t.Errorf("%+v", s)
	}
	for schedulers, want := range map[string]string{
		"{a: {environment: sklern}}":    `unknown environment "sklern"`,
		"{a: sklearn}":                  "the scheduler a must be a mapping",
		"{a: {resources: {gpus: many}}": "",
		"{a: {resources: {gpus: -1}}}":  "gpus must be a whole number, 0 or more, not the number -1",
		"{a: {gpus: 1}}":                `unknown key "gpus"`,
	} {
		_, err := Parse("tdlake.yaml", []byte(strings.Replace(text, "SCHEDULERS", schedulers, 1)), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", schedulers, err)
		}
	}
}
