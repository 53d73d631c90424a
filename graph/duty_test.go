package graph

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/config"
)

const dutyConfig = `
datalake_name: test
datalake_start: 2022-01-01
datalake_end: 2023-01-01
database: files:.
schedulers: {fast: {}, nvidia: {resources: {gpus: 1}}}
nodes:
  prices: {kind: table, table: prices, columns: [close], identifiers: [A], ignore_local_kwargs: [identifiers]}
  plain: {kind: table, table: prices, columns: [close]}
  a: {kind: lag, input: prices, scheduler: nvidia, resources: {gpus: 1}, update_every: 24h}
  b: {kind: lag, input: prices}
  c: {kind: lag, input: plain}
target: a
`

func TestDutyIsNoPartOfIdentity(t *testing.T) {
	c, err := config.Parse("tdlake.yaml", []byte(dutyConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string]*Node{}
	for _, name := range p.Names() {
		some, err := p.Nodes(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		nodes[name] = some[0]
	}
	if nodes["a"] != nodes["b"] {
		t.Error("a scheduler makes another node")
	}
	if d := p.Duty(nodes["b"]); !reflect.DeepEqual(d, Duty{Scheduler: "nvidia", Resources: map[string]int64{"gpus": 1}, UpdateEvery: 24 * time.Hour}) {
		t.Errorf("%v", d)
	}
	if d := p.Duty(nodes["c"]); !reflect.DeepEqual(d, Duty{}) {
		t.Errorf("%v", d)
	}
	if !nodes["a"].Shared || !nodes["prices"].Shared || nodes["c"].Shared || nodes["plain"].Shared {
		t.Error("shared: what ignores a parameter, and what reads it")
	}
}

func TestFaultsOfDuty(t *testing.T) {
	for body, want := range map[string]string{
		"scheduler: nvidja":                     `unknown scheduler "nvidja"`,
		"scheduler: 3":                          "scheduler must be text, not the number 3",
		"update_every: daily":                   `update_every of the node a must be a duration: "daily" is not one`,
		"settle: soon":                          `settle of the node a must be a duration: "soon" is not one`,
		"settle: 3":                             "settle must be text, not the number 3",
		"complete_when: count(*) > 2":           "complete_when is for nodes of the kind table; a is lag",
		"resources: 1":                          "resources must be a mapping, not the number 1",
		"resources: {gpus: a}":                  `gpus must be a whole number, 0 or more, not the text "a"`,
		"resources: {gpus: -1}":                 "gpus must be a whole number, 0 or more, not the number -1",
		"resources: {gpus: 2, tpus: 1}":         "no scheduler has gpus: 2, tpus: 1, which the node a needs",
		"scheduler: fast, resources: {gpus: 1}": "the scheduler fast lacks gpus: 1, which the node a needs",
	} {
		text := strings.Replace(dutyConfig, "scheduler: nvidia, resources: {gpus: 1}, update_every: 24h", body, 1)
		c, err := config.Parse("tdlake.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
