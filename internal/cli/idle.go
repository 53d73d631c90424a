package cli

import "slices"

// warnIdle tells which parameters a sweep varies for nothing: the target is the same at all of their values.
func (p *project) warnIdle() {
	used := p.pipeline.ParametersOf(p.config.Target.Name)
	if p.config.Sweep == nil || used == nil && !slices.Contains(p.pipeline.Names(), p.config.Target.Name) {
		return // a local_hash_id
	}
	for _, v := range p.config.Sweep.Vary {
		if !slices.Contains(used, v.Name) && len(v.Values) > 1 {
			p.warn("sweep.vary: nothing that " + p.config.Target.Name + " is made of uses " + v.Name + ": its " + count(len(v.Values), "value") + " give the same points over and over")
		}
	}
}
