package verdict

import "testing"

// TestOverfittingOfP compares with counts on which several published implementations agree.
func TestOverfittingOfP(t *testing.T) {
	p := matrixP(t)
	for _, c := range []struct {
		blocks int
		tail   Tail
		below  int
		splits int
	}{
		{8, Uneven, 25, 70},
		{16, DropTail, 5871, 12870},
		{16, Uneven, 5423, 12870},
	} {
		got, err := Overfitting(p, c.blocks, c.tail)
		if err != nil {
			t.Fatal(err)
		}
		if got.Below != c.below || got.Splits != c.splits {
			t.Errorf("%d blocks, tail %d: %d of %d, want %d of %d", c.blocks, c.tail, got.Below, got.Splits, c.below, c.splits)
		}
	}
	got, _ := Overfitting(p, 8, DropTail)
	near(t, "loss", got.Loss, 0.38571428571428573, 1e-15)
	near(t, "slope", got.Slope, 0.16748526450117882, 1e-9)
}

func TestBlocksThatDoNotFit(t *testing.T) {
	p := matrixP(t)
	for _, blocks := range []int{0, 3, 22, -2} {
		if _, err := Overfitting(p, blocks, Uneven); err == nil {
			t.Errorf("%d blocks are taken", blocks)
		}
	}
}
