package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far something is: a bar on a terminal, else a plain line now and then, nothing with --quiet. It is for one goroutine at a time.
type progress struct {
	app  *app
	what string
	unit string // of what is counted
	bar  *progressbar.ProgressBar
	told time.Time // of the last plain line
}

// between is the least time between two plain lines.
const between = 5 * time.Second

// described begins to show where something is of which nobody knows how much there is.
func (a *app) described(what string) *progress {
	p := &progress{app: a, what: what, told: time.Now()}
	p.open(-1, progressbar.OptionSpinnerType(14))
	return p
}

// counted shows how far something is once that is set, counted in units such as points.
func (a *app) counted(what, unit string) *progress {
	return &progress{app: a, what: what, unit: unit, told: time.Now()}
}

// open makes the bar, where it is to be one.
func (p *progress) open(total int, more ...progressbar.Option) {
	if p.app.quiet || !isTerminal(p.app.stderr) {
		return
	}
	options := append(more,
		progressbar.OptionSetWriter(p.app.stderr), progressbar.OptionSetDescription(p.what), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(65*time.Millisecond), progressbar.OptionSetWidth(24), progressbar.OptionSetRenderBlankState(true))
	p.bar = progressbar.NewOptions(total, options...)
	p.app.bar.Store(p.bar)
}

// set says how much of the total is done.
func (p *progress) set(done, total int) {
	if p.bar == nil {
		p.open(total, progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(p.unit), progressbar.OptionSetPredictTime(true))
	}
	if p.bar != nil {
		p.bar.Set(done) // what it returns is the terminal's business
		return
	}
	p.line(fmt.Sprintf("%s: %s of %s", p.what, thousands(done), thousands(total)))
}

// describe says in words where it is.
func (p *progress) describe(text string) {
	if p.bar != nil {
		p.bar.Describe(text)
		p.bar.Add(1)
		return
	}
	p.line(text)
}

func (p *progress) line(text string) {
	if now := time.Now(); now.Sub(p.told) >= between {
		p.told = now
		p.app.say("%s", text)
	}
}

// finish takes the bar away.
func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Finish()
		p.app.bar.Store(nil)
	}
}
