package duckdb

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// holdVariable makes TestHoldsAFileForAnother the other process of the tests below.
const holdVariable = "TDLAKE_TEST_HOLD"

// TestHoldsAFileForAnother is the other process: it opens the file, makes a table, says so, and holds the file until its
// input ends. Without holdVariable it tests nothing.
func TestHoldsAFileForAnother(t *testing.T) {
	path := os.Getenv(holdVariable)
	if path == "" {
		return
	}
	db, err := duck.Open(context.Background(), duck.Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(context.Background(), "create or replace table other as select timestamptz '2022-01-03' as time_index, 'A' as unique_identifier"); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("held\n")
	bufio.NewReader(os.Stdin).ReadString('\n')
}

// otherProcess starts a process that has the file, and returns once it has.
func otherProcess(t *testing.T, path string) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldsAFileForAnother$")
	cmd.Env = append(os.Environ(), holdVariable+"="+path)
	if _, err := cmd.StdinPipe(); err != nil { // closed by Wait
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(end)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd.Process.Pid, end
}

func TestAFileThatAnotherProcessHas(t *testing.T) {
	ctx := t.Context()
	tables := openTables(t)
	pid, end := otherProcess(t, tables.path)
	_, err := tables.BeginRun(ctx, "", "", 0)
	if want := fmt.Sprintf(", process %d", pid); !database.IsKind(err, database.Unreachable) || !strings.HasSuffix(err.Error(), want) || !strings.Contains(err.Error(), tables.path) {
		t.Errorf("%v does not end with %q", err, want)
	}
	if _, err := openSource(t, tables.path).Begin(ctx); !database.IsKind(err, database.Unreachable) {
		t.Errorf("for reading: %v", err)
	}
	brief, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	tables.Wait(brief, time.Millisecond)
	if brief.Err() == nil {
		t.Error("waiting ended while another process had the file")
	}
	end()
	if got, err := dump(t, tables.path, graph.Table{Name: "other", Key: key}); err != nil || !strings.Contains(got, "|A") {
		t.Errorf("what a killed process has written, read only: %v\n%s", err, got)
	}
	tables.Wait(ctx, time.Millisecond)
	if _, err := tables.BeginRun(ctx, "", "", 0); err != nil {
		t.Error(err)
	}
}

// TestWhoHasTheFileForAMomentIsWaitedFor is a process that an update, and then a snapshot, meets as it begins.
func TestWhoHasTheFileForAMomentIsWaitedFor(t *testing.T) {
	tables := openTables(t)
	_, end := otherProcess(t, tables.path)
	time.AfterFunc(200*time.Millisecond, end)
	if _, err := tables.BeginRun(t.Context(), "", "", 0); err != nil {
		t.Error(err)
	}
	tables.Close()
	_, end = otherProcess(t, tables.path)
	time.AfterFunc(200*time.Millisecond, end)
	view, err := openSource(t, tables.path).Begin(t.Context())
	if err != nil {
		t.Fatal("for reading:", err)
	}
	view.Close()
}

func TestWaitingGivesTheFileAway(t *testing.T) {
	tables := openTables(t)
	if _, err := tables.BeginRun(t.Context(), "", "", 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tables.Wait(ctx, time.Hour)
	}()
	for held := true; held; time.Sleep(time.Millisecond) {
		tables.mu.Lock()
		held = tables.db != nil
		tables.mu.Unlock()
	}
	otherProcess(t, tables.path)
	cancel()
	<-ended
}
