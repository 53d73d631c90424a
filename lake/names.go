package lake

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Names on disk. Those that begin with "_" or "." are passed over by everything that reads a folder of Parquet.
const (
	manifestName = "_manifest.json"
	snapshotName = "_snapshot.json"
	lockName     = "_lock"
	beforeName   = "_before"
	refreshName  = "_refresh" // a new snapshot that is being taken
	oldName      = "_old"     // the one before, while they are swapped
	sweepsName   = "sweeps"
	logsName     = "logs"
	tempPrefix   = "_tmp-"
	tempSuffix   = ".partial" // so that no pattern for Parquet files takes in what is not complete
	parquetExt   = ".parquet"

	partitionPrefix = "time_partition="
)

// stamp writes a time for a file's name: 20220801 at midnight, else 20220801T093000Z, with a fraction where there is one.
// Stamps of one form sort as the times do.
func stamp(us int64) string {
	t := time.UnixMicro(us).UTC()
	if t.Truncate(24 * time.Hour).Equal(t) {
		return t.Format("20060102")
	}
	if us%1e6 == 0 {
		return t.Format("20060102T150405Z")
	}
	return t.Format("20060102T150405.000000Z")
}

func parseStamp(s string) (int64, bool) {
	for _, layout := range []string{"20060102", "20060102T150405Z", "20060102T150405.000000Z"} {
		if len(s) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, s)
		if err == nil && stamp(t.UnixMicro()) == s {
			return t.UnixMicro(), true
		}
	}
	return 0, false
}

// partName is the name of the part that covers a span.
func partName(s Span) string { return stamp(s.Start) + "_" + stamp(s.End) + parquetExt }

func parsePartName(name string) (Span, bool) {
	base, ok := strings.CutSuffix(name, parquetExt)
	from, to, cut := strings.Cut(base, "_")
	start, ok1 := parseStamp(from)
	end, ok2 := parseStamp(to)
	s := Span{start, end}
	return s, ok && cut && ok1 && ok2 && !s.Empty()
}

// RangeName is the name of a date range's folder: 2022-08-01_2024-09-01, or with times 20220801T093000Z.
func RangeName(start, end int64) string { return rangeStamp(start) + "_" + rangeStamp(end) }

func rangeStamp(us int64) string {
	if t := time.UnixMicro(us).UTC(); t.Truncate(24 * time.Hour).Equal(t) {
		return t.Format(time.DateOnly)
	}
	return stamp(us)
}

// ParseRangeName reads a name that RangeName wrote.
func ParseRangeName(s string) (start, end int64, ok bool) {
	from, to, cut := strings.Cut(s, "_")
	start, ok1 := parseRangeStamp(from)
	end, ok2 := parseRangeStamp(to)
	return start, end, cut && ok1 && ok2 && start < end && RangeName(start, end) == s
}

func parseRangeStamp(s string) (int64, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.UnixMicro(), true
	}
	return parseStamp(s)
}

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*_[0-9a-f]{32}$`)

// isID reports whether a folder's name is a local_hash_id.
func isID(name string) bool { return idPattern.MatchString(name) }

// tempName is what a file or folder is called until it is complete.
func tempName(name string) string { return tempPrefix + name + tempSuffix }

// finalName reads a name that tempName wrote.
func finalName(name string) (string, bool) {
	rest, begins := strings.CutPrefix(name, tempPrefix)
	rest, ends := strings.CutSuffix(rest, tempSuffix)
	return rest, begins && ends
}

func isTemp(name string) bool {
	_, ok := finalName(name)
	return ok
}

// Partitioning is how a node's rows are cut into parts, chosen once.
type Partitioning string

// The partitionings.
const (
	ByYear  Partitioning = "year"
	ByMonth Partitioning = "month"
)

// span returns the partition that a time is in.
func (p Partitioning) span(us int64) Span {
	t := time.UnixMicro(us).UTC()
	if p == ByMonth {
		first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		return Span{first.UnixMicro(), first.AddDate(0, 1, 0).UnixMicro()}
	}
	first := time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	return Span{first.UnixMicro(), first.AddDate(1, 0, 0).UnixMicro()}
}

// dir returns the folder of the partition that a time is in.
func (p Partitioning) dir(us int64) string {
	t := time.UnixMicro(us).UTC()
	if p == ByMonth {
		return fmt.Sprintf(partitionPrefix+"%04d-%02d", t.Year(), t.Month())
	}
	return fmt.Sprintf(partitionPrefix+"%04d", t.Year())
}

// path returns where the part that covers a span is, below the node's folder.
func (p Partitioning) path(s Span) string {
	return filepath.ToSlash(filepath.Join(p.dir(s.Start), partName(s)))
}

func (p Partitioning) known() bool { return p == ByYear || p == ByMonth }
