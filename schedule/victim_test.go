package schedule

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/postgres"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

const (
	victimVariable = "TDLAKE_TEST_VICTIM" // a database's address and a config: the test binary is a scheduler
	killsVariable  = "TDLAKE_TEST_KILLS"  // how many processes are killed, instead of the default
)

// victim is a scheduler that goes on until it is killed.
func victim() {
	url, path, _ := strings.Cut(os.Getenv(victimVariable), "|")
	run := runVictim
	if strings.HasPrefix(url, "duckdb:") {
		run = runFileVictim
	}
	if err := run(url, path); err != nil {
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(1)
	}
}

func runVictim(url, path string) error {
	ctx := context.Background()
	db, err := postgres.Open(ctx, database.Address{Scheme: database.Postgres, URL: url})
	if err != nil {
		return err
	}
	_, p, err := graph.Load(path, nil)
	if err != nil {
		return err
	}
	var nodes []*graph.Node
	for _, name := range p.Names() {
		some, err := p.Nodes(name, p.Defaults())
		if err != nil {
			return err
		}
		nodes = append(nodes, some...)
	}
	s := newScheduler(db, NewTree(nodes, nil, micros(start), false), "victim")
	for {
		if err = s.Register(ctx); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for {
		if s.Holder, err = Hold(ctx, db.Tables(), s.Who, time.Second); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return s.Run(ctx)
}

// newScheduler is a scheduler that may do everything. It lacks a Holder.
func newScheduler(db *postgres.Source, tree *Tree, name string) *Scheduler {
	t := pgStore{db.Tables()}
	return &Scheduler{
		Updater: NewUpdater(t, tree, Options{Until: math.MaxInt64, Jobs: 1}), Claims: t, Assigned: t, Waiter: t.Listen(),
		Who: database.Scheduler{Name: name, PID: os.Getpid()}, Jobs: 3, Duty: func(*graph.Node) graph.Duty { return graph.Duty{} }, Poll: time.Second,
		Tell: func(Report) {}, Say: func(string, ...any) {},
	}
}

// spawn starts a victim.
func spawn(t testing.TB, url, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+url+"|"+path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func kill(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

// killsWanted is how many processes are to be killed, def where nothing else is asked for.
func killsWanted(t *testing.T, def int) int {
	text := os.Getenv(killsVariable)
	if text == "" {
		return def
	}
	kills, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return kills
}

// TestKilledSchedulersLoseNothing kills schedulers with SIGKILL while rows come in, and checks every table at the end.
func TestKilledSchedulersLoseNothing(t *testing.T) {
	kills := killsWanted(t, 200)
	m := newMarket(11, 260)
	days := m.days()
	url := pgtest.Database(t)
	at := 115
	m.load(t, url, days[at])
	path := writeConfig(t, everyKind...)
	_, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree := newTree(t, p)
	rng := rand.New(rand.NewPCG(3, 3))
	victims := []*exec.Cmd{spawn(t, url, path), spawn(t, url, path), spawn(t, url, path)}
	defer func() {
		for _, v := range victims {
			kill(v)
		}
	}()
	for k := range kills {
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		i := rng.IntN(len(victims))
		kill(victims[i])
		victims[i] = spawn(t, url, path)
		if next := 115 + (k+1)*100/kills; next > at {
			m.add(t, url, days[at], days[next])
			at = next
		}
	}
	waitUntil(t, url, len(tree.Nodes), days[at-1].UnixMicro())
	checkAll(t, url, tree)
	checkLog(t, url)
	taken := pgtest.Query(t, url, "select count(*), sum(token) from tdlake.claims")[0]
	t.Logf("%d kills; %s nodes claimed %s times", kills, taken[0], taken[1])
}

// waitUntil waits until all nodes have come to a time.
func waitUntil(t testing.TB, url string, nodes int, at int64) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if pgtest.Query(t, url, "select to_regclass('tdlake.claims') is null")[0][0] == "t" {
			continue // nobody has begun
		}
		n := pgtest.Query(t, url, fmt.Sprintf("select count(*) from tdlake.nodes where to_us > %d", at))[0][0]
		if n == strconv.Itoa(nodes) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s of %d nodes are up to date\n%v", n, nodes, pgtest.Query(t, url, "select local_hash_id, error from tdlake.updates where error is not null"))
		}
	}
}

// checkLog checks that updates follow one another without gaps and overlaps, that their rows add up, and that none failed.
func checkLog(t testing.TB, url string) {
	t.Helper()
	checkFollows(t, url)
	if failed := query(t, url, "select local_hash_id, error from tdlake.updates where state = 'failed'"); len(failed) > 0 {
		t.Errorf("updates failed: %v", failed)
	}
}

func checkFollows(t testing.TB, url string) {
	t.Helper()
	bad := query(t, url, `with u as (
	select *, lag(to_us) over (partition by local_hash_id order by update_id) as before from tdlake.updates where state = 'updated')
select local_hash_id, update_id from u where before is not null and from_us <> before`)
	if len(bad) > 0 {
		t.Errorf("updates that do not follow on the one before: %v", bad)
	}
	bad = query(t, url, `select n.name, n.rows, sum(u.rows_written) from tdlake.nodes n join tdlake.updates u using (local_hash_id)
where u.state in ('updated', 'extended') group by 1, 2, n.local_hash_id having sum(u.rows_written) <> n.rows`)
	if len(bad) > 0 {
		t.Errorf("rows were written twice or lost: %v", bad)
	}
}
