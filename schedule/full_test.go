package schedule

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// fill leaves no room on the disk of a folder, until the function returned is called.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(bytes.Repeat([]byte{1}, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() { os.Remove(path) }
}

func TestTheDiskIsFull(t *testing.T) {
	m := newMarket(13, 200)
	days := m.days()
	url, disk := pgtest.New(t).Small(t, "48m")
	m.load(t, url, days[150])
	tree := newTree(t, pipeline(t, everyKind...))
	mustPass(t, url, tree)
	m.add(t, url, days[150], days[190])
	progress := "select local_hash_id, from_us, to_us, rows from tdlake.nodes order by 1"
	before := pgtest.Query(t, url, progress)

	free := fill(t, disk)
	reports, err := pass(t, url, tree)
	var db *database.Error
	if !errors.As(err, &db) || db.Kind != database.Refused || !strings.Contains(err.Error(), "No space left on device") || !strings.Contains(db.Hint(), "room") {
		t.Errorf("%d nodes updated, then: %v", len(reports), err)
	}
	changed := 0
	for i, r := range pgtest.Query(t, url, progress) {
		if strings.Join(r, " ") != strings.Join(before[i], " ") {
			changed++
		}
	}
	if changed != len(reports) {
		t.Errorf("%d nodes have gone on, %d were reported", changed, len(reports))
	}
	checkAll(t, url, tree)
	free()
	mustPass(t, url, tree)
	checkAll(t, url, tree)
	checkFollows(t, url)
}

func TestSchedulersOnAFullDisk(t *testing.T) {
	m := newMarket(14, 200)
	days := m.days()
	url, disk := pgtest.New(t).Small(t, "48m")
	m.load(t, url, days[150])
	for _, kind := range []string{"table prices", "table holdings", "index prices_pkey", "index holdings_pkey"} {
		pgtest.Exec(t, url, "alter "+kind+" set tablespace pg_default") // new rows have room
	}
	tree := newTree(t, pipeline(t))
	runUntilDone(t, url, tree, []string{"a", "b"}, days[189], func() {
		free := fill(t, disk)
		defer free()
		m.add(t, url, days[150], days[190])
		time.Sleep(3 * time.Second)
		done := pgtest.Query(t, url, fmt.Sprintf("select count(*) from tdlake.nodes where to_us > %d", days[189].UnixMicro()))[0][0]
		if done == strconv.Itoa(len(tree.Nodes)) {
			t.Error("there was room for everything")
		}
		checkAll(t, url, tree)
	})
	checkAll(t, url, tree)
	checkFollows(t, url)
}
