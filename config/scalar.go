package config

import (
	"errors"
	"math"
	"regexp"
	"strconv"
)

var (
	intPattern   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	basePattern  = regexp.MustCompile(`^0(x[0-9a-fA-F]+|o[0-7]+)$`)
	floatPattern = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// resolveScalar reads a scalar that was written without quotes, by YAML 1.2's core schema. It fails where a number cannot
// be held: the numbers of a config are 64 bits wide and finite.
func resolveScalar(text string) (any, error) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
		return nil, errors.New(text + " is not a finite number")
	}
	switch {
	case intPattern.MatchString(text):
		return parseInt(text, 10)
	case basePattern.MatchString(text):
		return parseInt(text, 0)
	case floatPattern.MatchString(text):
		return parseFloat(text)
	}
	return text, nil
}

func parseInt(text string, base int) (any, error) {
	i, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		return nil, errors.New("the whole number " + text + " does not fit 64 bits")
	}
	return i, nil
}

func parseFloat(text string) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, errors.New("the number " + text + " is too large")
	}
	return f, nil
}
