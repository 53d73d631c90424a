package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far something is: a bar on a terminal, else a plain line now and then, nothing with --quiet. It is for one goroutine.
type progress struct {
	app   *app
	what  string
	total int // 0 where it is not known
	bar   *progressbar.ProgressBar
	told  time.Time // of the last plain line
}

// between is the least time between two plain lines.
const between = 5 * time.Second

// progress begins to show how far something is.
func (a *app) progress(what string, total int) *progress {
	p := &progress{app: a, what: what, total: total, told: time.Now()}
	if a.quiet || !isTerminal(a.stderr) {
		return p
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(65 * time.Millisecond), progressbar.OptionSetWidth(24), progressbar.OptionSetRenderBlankState(true),
	}
	if total > 0 {
		options = append(options, progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("point"),
			progressbar.OptionSetPredictTime(true))
		p.bar = progressbar.NewOptions(total, options...)
	} else {
		p.bar = progressbar.NewOptions(-1, append(options, progressbar.OptionSpinnerType(14))...)
	}
	return p
}

// set says how much of the total is done.
func (p *progress) set(done int) {
	if p.bar != nil {
		p.bar.Set(done) // what it returns is the terminal's business
		return
	}
	p.line(fmt.Sprintf("%s: %s of %s", p.what, thousands(done), thousands(p.total)))
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
	}
}
