package verdict

import (
	"encoding/json"
	"math"
	"time"
)

// Verdict is what a sweep is worth, as `--json` prints it. Sharpe ratios are a year; p-values and
// probabilities are shares of 1; an infinite or undefined number is null.
type Verdict struct {
	Trials      int         `json:"trials"`      // distinct points of the sweep
	TrialsEver  int         `json:"trials_ever"` // of all sweeps that the datalake has stored, on dates that overlap
	Points      int         `json:"points"`      // judged
	Rows        int         `json:"rows"`        // common to them
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"` // the last row's time
	RowsPerYear float64     `json:"periods_per_year"`
	LeftOut     LeftOut     `json:"left_out"`
	Best        BestPoint   `json:"best"`
	RC          Number      `json:"rc_p"`
	SPA         SPA         `json:"spa_p"`
	RomanoWolf  RomanoWolf  `json:"romano_wolf"`
	Reached     Reached     `json:"resamples_reaching"`
	DSR         Number      `json:"dsr"`
	DSRFloored  Number      `json:"dsr_floored"`
	DSREver     Number      `json:"dsr_ever"`
	PSR         Number      `json:"psr"`
	MinTRL      Number      `json:"min_trl"`
	MinBTL      Number      `json:"min_btl_years"`
	Luck        Number      `json:"luck_bar"`
	PBO         PBO         `json:"pbo"`
	WalkForward WalkForward `json:"walk_forward"`
	Purged      Purged      `json:"purged"`
	Anova       Importance  `json:"anova"`
	Plateau     *PlateauOf  `json:"plateau"`
	Stability   []Stable    `json:"stability"`
	Conventions Conventions `json:"conventions"`

	sample  *Sample
	in      Input
	options Options
}

// Number is a float64 that is null in JSON where it is not finite.
type Number float64

// MarshalJSON writes a number or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Parameters are a point's values by name.
type Parameters map[string]any

// LeftOut says what was not judged; the lists name at most ten.
type LeftOut struct {
	LatePoints     int          `json:"late_points"`
	EarlyPoints    int          `json:"early_points"`
	ConstantPoints int          `json:"constant_points"`
	Rows           int          `json:"rows"`
	Late           []Parameters `json:"late,omitempty"`
	Early          []Parameters `json:"early,omitempty"`
	Constant       []Parameters `json:"constant,omitempty"`
}

// BestPoint is the point with the highest Sharpe ratio, with the middle 90 % of its resampled ratios.
type BestPoint struct {
	Parameters Parameters `json:"parameters"`
	Sharpe     Number     `json:"sharpe"`
	Low        Number     `json:"sharpe_low"`
	High       Number     `json:"sharpe_high"`
}

// SPA are the three p-values of Hansen's test.
type SPA struct {
	Lower      Number `json:"lower"`
	Consistent Number `json:"consistent"`
	Upper      Number `json:"upper"`
}

// Reached are the numbers of resamples behind the p-values.
type Reached struct {
	Check      int `json:"rc"`
	Lower      int `json:"spa_lower"`
	Consistent int `json:"spa_consistent"`
	Upper      int `json:"spa_upper"`
}

// RomanoWolf are the points that survive a family-wise error of 5 %; at most ten are named.
type RomanoWolf struct {
	Surviving int          `json:"surviving"`
	Points    []Parameters `json:"points,omitempty"`
}

// PBO is the probability of backtest overfitting, with what it was counted from.
type PBO struct {
	Value     Number `json:"value"`
	Below     int    `json:"below"`
	Splits    int    `json:"splits"`
	Blocks    int    `json:"blocks"`
	Rows      int    `json:"rows"`
	Loss      Number `json:"loss"`
	Slope     Number `json:"slope"`
	SharpeIn  Number `json:"sharpe_in"`
	SharpeOut Number `json:"sharpe_out"`
}

// WalkForward is what choosing the best point so far would have earned.
type WalkForward struct {
	Sharpe Number       `json:"sharpe"`
	Folds  []FoldChoice `json:"folds"`
}

// FoldChoice is one step of it.
type FoldChoice struct {
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"`
	Parameters Parameters `json:"parameters"`
	Chosen     Number     `json:"sharpe_chosen_by"`
	Earned     Number     `json:"sharpe_earned"`
}

// Purged are the Sharpe ratios earned over the splits of combinatorial purged cross-validation.
type Purged struct {
	Splits  int    `json:"splits"`
	Lowest  Number `json:"lowest"`
	Median  Number `json:"median"`
	Highest Number `json:"highest"`
}

// Importance says which parameters matter.
type Importance struct {
	Exact   bool    `json:"exact"`
	Effects []Share `json:"effects"` // the largest first
}

// Share is the part of the Sharpe ratio's variance over the grid that some parameters explain together.
type Share struct {
	Parameters []string `json:"parameters"`
	Share      Number   `json:"share"`
}

// PlateauOf compares the peak with neighbourhoods of the grid.
type PlateauOf struct {
	Peak    Place  `json:"peak"`
	Robust  Place  `json:"robust"`
	Safest  Place  `json:"safest"`
	Gap     Number `json:"gap"` // of the peak over its neighbours, in deviations of all points
	Radius  int    `json:"radius"`
	Missing int    `json:"missing"` // places of the grid without a judged point
}

// Place is a place of the grid: its Sharpe ratio, its neighbours' mean and their worst.
type Place struct {
	Parameters Parameters `json:"parameters"`
	Sharpe     Number     `json:"sharpe"`
	Mean       Number     `json:"neighbourhood"`
	Worst      Number     `json:"worst_neighbour"`
}

// Stable says where along one parameter the Sharpe ratio depends on it.
type Stable struct {
	Parameter string `json:"parameter"`
	Scale     string `json:"scale"` // linear or log10
	Largest   any    `json:"influence_largest_at"`
	Decreases any    `json:"starts_to_decrease_at"`
	Stable    any    `json:"stable_from"`
	UpTo      any    `json:"stable_up_to"`
	Break     any    `json:"two_lines_break_at"`
	Agreeing  Number `json:"resamples_agreeing"` // share of resamples with the same stable_from and stable_up_to
}

// Conventions name what the numbers were computed with.
type Conventions struct {
	Block       float64 `json:"block"`
	Resamples   int     `json:"resamples"`
	Seed        uint64  `json:"seed"`
	PValue      string  `json:"p_value"`
	Benchmark   string  `json:"benchmark"`
	Variance    string  `json:"dsr_variance"`
	PBOBlocks   string  `json:"pbo_blocks"`
	WalkForward string  `json:"walk_forward"`
	Purged      string  `json:"purged"`
	Anova       string  `json:"anova"`
	Plateau     string  `json:"plateau"`
	Stability   string  `json:"stability"`
}

// mostNamed is how many points a list names.
const mostNamed = 10

func (v *Verdict) names(points []int) []Parameters {
	var out []Parameters
	for _, k := range points[:min(len(points), mostNamed)] {
		out = append(out, v.parametersOf(k))
	}
	return out
}

// parametersOf returns the values of the first combination that is the given point.
func (v *Verdict) parametersOf(point int) Parameters {
	for cell, k := range v.in.Cells {
		if k == point {
			return v.parametersAt(cell)
		}
	}
	return Parameters{}
}

// parametersAt returns the values at a place of the grid.
func (v *Verdict) parametersAt(cell int) Parameters {
	out := Parameters{}
	for d := len(v.in.Parameters) - 1; d >= 0; d-- {
		p := v.in.Parameters[d]
		out[p.Name] = p.Values[cell%len(p.Values)]
		cell /= len(p.Values)
	}
	return out
}

func timeOf(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }
