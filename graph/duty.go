package graph

import (
	"strings"

	"github.com/tdlake/tdlake/config"
)

// Duty is who keeps a node up to date, and how often. It is no part of the node's identity.
type Duty struct {
	Scheduler   string // one of the config's schedulers; "": whichever can
	UpdateEvery string // a duration; "": whenever an input has grown
}

// Duty returns the duty of a node: of the first name written that resolved to it and says something.
func (p *Pipeline) Duty(n *Node) (d Duty) {
	p.calledAny(n, func(t *template) bool {
		if d.Scheduler == "" {
			d.Scheduler = t.duty.Scheduler
		}
		if d.UpdateEvery == "" {
			d.UpdateEvery = t.duty.UpdateEvery
		}
		return false
	})
	return d
}

// duty reads scheduler and update_every, which are text without parameters.
func (c *compiler) duty(t *template, e config.Entry) {
	text, ok := e.Value.Scalar.(string)
	switch {
	case !ok || strings.TrimSpace(text) == "":
		c.add(e.Value.Pos, "", "%s must be text, not %s", e.Key, e.Value.Describe())
	case e.Key == "update_every":
		d, err := ParseDuration(text)
		if err != nil {
			c.add(e.Value.Pos, "a number and one of w, d, h, m, s, ms: 1d, 15m", "update_every of the node %s must be a duration: %s", t.name, err)
			return
		}
		t.duty.UpdateEvery = d.String()
	default:
		var known []string
		for _, s := range c.config.Schedulers {
			known = append(known, s.Name)
		}
		for _, name := range known {
			if name == text {
				t.duty.Scheduler = text
				return
			}
		}
		c.add(e.Value.Pos, config.Suggest(text, known), "unknown scheduler %q", cut(text))
	}
}
