// Package exact adds numbers that come and go without any rounding before the last: a rolling sum that large values have
// passed through is the sum of what is in it, and the order of the numbers does not matter.
package exact
