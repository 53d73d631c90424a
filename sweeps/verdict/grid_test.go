package verdict

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sample is a grid with main effects and one interaction, which other programs can make too:
// parameters a, b, c of 6, 5 and 4 values, with noise of splitmix64 from seed 99.
func sample() Grid {
	s := splitmix(99)
	g := Grid{Sizes: []int{6, 5, 4}, Ordered: []bool{true, true, true}}
	for i := range 6 {
		for j := range 5 {
			for k := range 4 {
				y := 0.30*float64(i) - 0.05*float64(i*i)
				if j == 2 {
					y += 0.4
				}
				if k == 3 {
					y += 0.1 * float64(i)
				}
				g.Values = append(g.Values, y+0.05*irwinHall(&s))
			}
		}
	}
	return g
}

func TestAnovaOfASample(t *testing.T) {
	g := sample()
	near(t, "mean", meanOf(g.Values), 0.433372084584366, 1e-13)
	effects, err := Anova(g)
	if err != nil {
		t.Fatal(err)
	}
	want := []Effect{
		{[]int{0}, 0.40331701164073214}, {[]int{1}, 0.32964707365596074}, {[]int{2}, 0.1681700341344272},
		{[]int{0, 1}, 0.00499065044787869}, {[]int{0, 2}, 0.07001623204864407}, {[]int{1, 2}, 0.007136605303629846},
		{[]int{0, 1, 2}, 0.016722392768727286},
	}
	if len(effects) != len(want) {
		t.Fatalf("%d effects", len(effects))
	}
	for i, e := range effects {
		if !slices.Equal(e.Parameters, want[i].Parameters) {
			t.Errorf("effect %d is of %v, want %v", i, e.Parameters, want[i].Parameters)
		}
		near(t, "share", e.Share, want[i].Share, 1e-12)
	}
}

func TestSharesAddUpToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Grid{Sizes: rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(t, "sizes")}
		n := 1
		for _, s := range g.Sizes {
			n *= s
		}
		g.Values = rapid.SliceOfN(rapid.Float64Range(-5, 5), n, n).Draw(t, "values")
		effects, err := Anova(g)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for _, e := range effects {
			sum += e.Share
		}
		if len(effects) > 0 && math.Abs(sum-1) > 1e-9 {
			t.Fatalf("shares add up to %v", sum)
		}
	})
}

func TestAnovaRefusesHoles(t *testing.T) {
	g := sample()
	g.Values[7] = math.NaN()
	if _, err := Anova(g); err == nil {
		t.Error("a grid with a hole is decomposed")
	}
	constant := Grid{Sizes: []int{3}, Values: []float64{0.1, 0.1, 0.1}}
	if effects, err := Anova(constant); err != nil || effects != nil {
		t.Errorf("a constant metric: %v, %v", effects, err)
	}
}

func TestPlateauOfASample(t *testing.T) {
	g := sample()
	p := Plateau(g, 1)
	for _, c := range []struct {
		what string
		at   int
		want []int
	}{{"peak", p.Peak, []int{4, 2, 3}}, {"robust", p.Robust, []int{3, 1, 3}}, {"safest", p.Safest, []int{3, 2, 3}}} {
		if got := g.Place(c.at); !slices.Equal(got, c.want) {
			t.Errorf("%s at %v, want %v", c.what, got, c.want)
		}
	}
	near(t, "peak", g.Values[p.Peak], 1.2061670592623437, 1e-13)
	near(t, "smoothed", p.Smoothed[p.Robust], 0.7042553467165614, 1e-13)
	near(t, "worst", p.Worst[p.Safest], 0.371056213053043, 1e-13)
}

func TestPlateauSkipsHolesAndNames(t *testing.T) {
	g := Grid{Sizes: []int{2, 3}, Ordered: []bool{false, true}, Values: []float64{1, 2, 9, 5, math.NaN(), 7}}
	p := Plateau(g, 1)
	want := []float64{1.5, 4, 5.5, 5, math.NaN(), 7}
	for i, v := range p.Smoothed {
		if v != want[i] && !(math.IsNaN(v) && math.IsNaN(want[i])) {
			t.Errorf("smoothed %v, want %v", p.Smoothed, want)
			break
		}
	}
	if p.Peak != 2 || p.Robust != 5 || p.Safest != 5 {
		t.Errorf("peak %d, robust %d, safest %d", p.Peak, p.Robust, p.Safest)
	}
}

// TestStabilityOfALogistic has a metric that rises fastest in the middle of its path.
func TestStabilityOfALogistic(t *testing.T) {
	var x, y []float64
	for i := range 21 {
		x = append(x, 0.25*float64(i))
		y = append(y, 1/(1+math.Exp(-3*(x[i]-2.5))))
	}
	got := Stability(x, y)
	if got.Largest != 10 || got.Stable != 16 || got.UpTo != 4 || got.Break != 11 {
		t.Errorf("largest at %d, stable from %d and up to %d, break at %d; want 10, 16, 4, 11", got.Largest, got.Stable, got.UpTo, got.Break)
	}
	if up := Stability([]float64{0, 1, 2}, []float64{0, 1, 3}); up.Stable != -1 {
		t.Errorf("a path that grows steeper is stable from %d", up.Stable)
	}
}
