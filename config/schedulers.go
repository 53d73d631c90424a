package config

import "slices"

// Scheduler is a group of processes that update nodes, known by its name: see tdlake scheduler.
type Scheduler struct {
	Name        string
	Pos                          // of the name
	Environment Ref              // the one whose nodes it can compute; no name: those of all
	Resources   map[string]int64 // what each of its processes has, such as gpus: 1
}

const schedulerHint = "nvidia: {environment: gradient, resources: {gpus: 1}}; every key may be left out: {}"

func (r *reader) schedulers(e Entry) {
	if !r.isMap(e) {
		return
	}
	for _, entry := range e.Value.Map {
		if !r.name(entry, "scheduler") || entry.Value.Kind == 0 {
			continue
		}
		if entry.Value.Kind != Map {
			r.add(entry.Value.Pos, schedulerHint, "the scheduler %s must be a mapping, not %s", entry.Key, entry.Value.Describe())
			continue
		}
		s := Scheduler{Name: entry.Key, Pos: entry.KeyPos}
		r.keys(entry.Value, "the scheduler "+entry.Key, []key{
			{"environment", false, func(e Entry) { s.Environment.Name, _ = r.text(e); s.Environment.Pos = e.Value.Pos }},
			{"resources", false, func(e Entry) { s.Resources = r.resources(e) }},
		})
		r.Schedulers = append(r.Schedulers, s)
	}
}

// resources reads names and whole numbers.
func (r *reader) resources(e Entry) map[string]int64 {
	if !r.isMap(e) {
		return nil
	}
	return e.Value.Amounts(func(e Entry) {
		r.add(e.Value.Pos, "resources: {gpus: 1}", "%s must be a whole number, 0 or more, not %s", e.Key, e.Value.Describe())
	})
}

// schedulersRefer reports environments of schedulers that are not there.
func (r *reader) schedulersRefer() {
	var known []string
	for _, env := range r.Environments {
		known = append(known, env.Name)
	}
	for _, s := range r.Schedulers {
		if name := s.Environment.Name; name != "" && !slices.Contains(known, name) {
			r.add(s.Environment.Pos, Suggest(name, known), "unknown environment %s", quote(name))
		}
	}
}
