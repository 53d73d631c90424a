package regress

// Spec is one lasso over a design and a window.
type Spec struct {
	Alpha     float64 // weight of the penalty, as scikit-learn's alpha
	L1Ratio   float64 // 1 is the lasso
	Positive  bool    // weights are >= 0
	Intercept bool    // fit one: columns and target are centred in each window
}

// Fit is the answer at one row.
type Fit struct {
	Row      int       // the last row of the window
	Features []int32   // the columns that were features, ascending
	Active   []int32   // those of them with a weight, ascending
	Weights  []float64 // the weights of Active
	Twins    []Twin    // those of Features that no weight could be found for beside others so like them, and have none; mostly nil
}
