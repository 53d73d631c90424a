package graph

import (
	"strings"
	"testing"

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
  a: {kind: lag, input: prices, scheduler: nvidia, update_every: 24h}
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
	if d := p.Duty(nodes["b"]); d != (Duty{"nvidia", "24h"}) {
		t.Errorf("%v", d)
	}
	if d := p.Duty(nodes["c"]); d != (Duty{}) {
		t.Errorf("%v", d)
	}
	if !nodes["a"].Shared || !nodes["prices"].Shared || nodes["c"].Shared || nodes["plain"].Shared {
		t.Error("shared: what ignores a parameter, and what reads it")
	}
}

func TestFaultsOfDuty(t *testing.T) {
	for body, want := range map[string]string{
		"scheduler: nvidja":   `unknown scheduler "nvidja"`,
		"scheduler: 3":        "scheduler must be text, not the number 3",
		"update_every: daily": `update_every of the node a must be a duration: "daily" is not one`,
	} {
		text := strings.Replace(dutyConfig, "scheduler: nvidia, update_every: 24h", body, 1)
		c, err := config.Parse("tdlake.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
