package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tdlake/tdlake/config"
)

// Duty is who keeps a node up to date, how often, and what that takes. It is no part of the node's identity.
type Duty struct {
	Scheduler   string           // one of the config's schedulers; "": whichever can
	Resources   map[string]int64 // what an update takes of its scheduler's, such as gpus: 1
	UpdateEvery time.Duration    // 0: whenever an input has grown

	// Until when its rows are taken. A time is settled when it is so long ago; 0: at once. Of a table, one is complete where a SQL
	// condition on its rows holds; "": always.
	Settle       time.Duration
	CompleteWhen string
}

// Duty returns the duty of a node: of the first name written that resolved to it and says something.
func (p *Pipeline) Duty(n *Node) (d Duty) {
	p.calledAny(n, func(t *template) bool {
		if d.Scheduler == "" {
			d.Scheduler = t.duty.Scheduler
		}
		if d.Resources == nil {
			d.Resources = t.duty.Resources
		}
		if d.UpdateEvery == 0 {
			d.UpdateEvery = t.duty.UpdateEvery
		}
		if d.Settle == 0 {
			d.Settle = t.duty.Settle
		}
		if d.CompleteWhen == "" {
			d.CompleteWhen = t.duty.CompleteWhen
		}
		return false
	})
	return d
}

// Lacking says which of the resources needed there are too few of, as "gpus: 2"; "": none.
func Lacking(have, need map[string]int64) string {
	var short []string
	for _, name := range slices.Sorted(maps.Keys(need)) {
		if need[name] > have[name] {
			short = append(short, fmt.Sprintf("%s: %d", name, need[name]))
		}
	}
	return strings.Join(short, ", ")
}

// duty reads scheduler, resources, update_every, settle and complete_when, in which no parameters are.
func (c *compiler) duty(t *template, e config.Entry) {
	if e.Key == "resources" {
		c.resources(t, e)
		return
	}
	text, ok := e.Value.Scalar.(string)
	switch {
	case !ok || strings.TrimSpace(text) == "":
		c.add(e.Value.Pos, "", "%s must be text, not %s", e.Key, e.Value.Describe())
	case e.Key == "update_every":
		t.duty.UpdateEvery = c.period(t, e, text)
	case e.Key == "settle":
		t.duty.Settle = c.period(t, e, text)
	case e.Key == "complete_when" && t.kind.Name != KindTable:
		c.add(e.KeyPos, "write it at the table that comes in pieces", "complete_when is for nodes of the kind table; %s is %s", t.name, t.kind.Name)
	case e.Key == "complete_when":
		t.duty.CompleteWhen = text
	case c.scheduler(text) == nil:
		var known []string
		for _, s := range c.config.Schedulers {
			known = append(known, s.Name)
		}
		c.add(e.Value.Pos, config.Suggest(text, known), "unknown scheduler %q", cut(text))
	default:
		t.duty.Scheduler = text
	}
}

func (c *compiler) period(t *template, e config.Entry, text string) time.Duration {
	d, err := ParseDuration(text)
	if err != nil {
		c.add(e.Value.Pos, "a number and one of w, d, h, m, s, ms: 1d, 15m", "%s of the node %s must be a duration: %s", e.Key, t.name, err)
		return 0
	}
	return time.Duration(d.Days)*24*time.Hour + time.Duration(d.Micros)*time.Microsecond
}

func (c *compiler) resources(t *template, e config.Entry) {
	if e.Value.Kind != config.Map {
		c.add(e.Value.Pos, resourcesHint, "resources must be a mapping, not %s", e.Value.Describe())
		return
	}
	t.duty.Resources = e.Value.Amounts(func(e config.Entry) {
		c.add(e.Value.Pos, resourcesHint, "%s must be a whole number, 0 or more, not %s", e.Key, e.Value.Describe())
	})
}

const resourcesHint = "resources: {gpus: 1}"

// scheduler returns one of the config's schedulers, or nil.
func (c *compiler) scheduler(name string) *config.Scheduler {
	for i := range c.config.Schedulers {
		if s := &c.config.Schedulers[i]; s.Name == name {
			return s
		}
	}
	return nil
}

// fitting reports a node that its scheduler, or where it names none every scheduler, is unable to update: nobody ever would.
func (c *compiler) fitting(t *template, n config.NodeBody) {
	resources, _ := n.Body.Get("resources")
	s := c.scheduler(t.duty.Scheduler)
	if s == nil {
		for _, able := range c.config.Schedulers {
			if Lacking(able.Resources, t.duty.Resources) == "" {
				return
			}
		}
		if lacks := Lacking(nil, t.duty.Resources); lacks != "" {
			c.add(resources.Pos, "schedulers: {nvidia: {resources: {"+lacks+"}}}", "no scheduler has %s, which the node %s needs", lacks, t.name)
		}
		return
	}
	if lacks := Lacking(s.Resources, t.duty.Resources); lacks != "" {
		c.add(resources.Pos, s.Name+": {resources: {"+lacks+"}}", "the scheduler %s lacks %s, which the node %s needs", s.Name, lacks, t.name)
	}
	if needs := t.constant("environment"); needs != "" && s.Environment.Name != "" && needs != s.Environment.Name {
		written, _ := n.Body.Get("scheduler")
		c.add(written.Pos, "", "the scheduler %s is of the environment %s, and the node %s needs %s", s.Name, s.Environment.Name, t.name, needs)
	}
}

// constant returns a parameter's value where it is text that no parameter of the config is in, else "".
func (t *template) constant(name string) string {
	for i := range t.slots {
		if s := &t.slots[i]; t.kind.Params[s.spec].Name == name && s.expr.form == constant {
			text, _ := s.expr.value.(string)
			return text
		}
	}
	return ""
}
