package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/seal"
)

const sweepHash = "0123456789abcdef0123456789abcdef"

// world is a lake with something of everything: prices, members, computed returns, a sweep and a log.
type world struct {
	*fixture
	prices, members, returns *Manifest
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{fixture: newFixture(t)}
	w.prices = w.fixture.prices()
	w.members = w.snapshot("members", Span{beginning, onDay(900)}, closes(50, 60, "AAA"))
	w.returns = w.fixture.returns()
	w.sweep()
	w.put("logs/a node.log", "started\n")
	return w
}

// sweep writes a sweep's results as package sweeps does.
func (w *world) sweep() {
	w.t.Helper()
	path := w.put("sweeps/"+sweepHash+"/points-00000.parquet", sealedParquet(w.t, closes(0, 5, "AAA")))
	size, sha, err := digestFile(context.Background(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.put("sweeps/"+sweepHash+"/_sweep.json", string(seal.Text(fmt.Appendf(nil, "{\n  \"format\": 2,\n  \"file\": \"points-00000.parquet\",\n  \"bytes\": %d,\n  \"sha256\": %q\n}\n", size, sha))))
	w.put("sweeps/"+sweepHash+"/failed.jsonl", string(seal.Line([]byte(`{"parameters":{},"local_hash_id":"x","error":"y","of":1}`)))+"\n")
}

// sealedParquet is a file as package sweeps writes it.
func sealedParquet(t testing.TB, f *frame.Frame) string {
	t.Helper()
	var file bytes.Buffer
	s := seal.NewWriter(&file)
	e := newEncoder(s, columnsOf(f.Schema()))
	if err := e.group([][]arrow.Array{columnArrays(f)}); err != nil {
		t.Fatal(err)
	}
	e.w.SetKeyValueMetadata(resultsKey, `{"format":2}`)
	e.w.SetKeyValueMetadata(seal.Key, seal.Blank)
	s.Footer()
	if err := errors.Join(e.close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func (w *world) part(m *Manifest, i int) string { return w.partPath(m, m.Parts[i]) }

// swapPart puts other rows into a node's part, with a manifest that describes them but for what edit does to it.
func (w *world) swapPart(m *Manifest, i int, f *frame.Frame, edit func(*Part)) {
	w.t.Helper()
	p := &m.Parts[i]
	m.Rows += int64(f.Rows()) - p.Rows
	p.Rows = int64(f.Rows())
	path := w.partPath(m, *p)
	var err error
	if p.Bytes, p.SHA256, err = writeFrame(w.fs, filepath.Dir(path), filepath.Base(path), f); err != nil {
		w.t.Fatal(err)
	}
	if edit != nil {
		edit(p)
		m.Rows = 0
		for _, p := range m.Parts {
			m.Rows += p.Rows
		}
	}
	w.commit(m)
}

// faults verifies and returns what was found: "!" before damage, paths below the datalake's folder.
func (w *world) faults() []string {
	w.t.Helper()
	faults, err := w.Verify(context.Background())
	if err != nil && !errors.As(err, new(*NewerFormatError)) {
		w.t.Fatal(err)
	}
	var out []string
	for _, f := range faults {
		line := strings.TrimPrefix(f.String(), w.dir+"/")
		if f.Damage {
			line = "! " + line
		}
		if f.Hint == "" {
			w.t.Errorf("%s has no hint", f)
		}
		out = append(out, filepath.ToSlash(strings.ReplaceAll(line, w.lake+"/", "")))
	}
	return out
}

func (w *world) truncate(path string) {
	change(w.t, path, func(text []byte) []byte { return text[:len(text)-1] })
}

func (w *world) remove(path string) {
	w.t.Helper()
	if err := os.RemoveAll(path); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) rename(from, to string) {
	w.t.Helper()
	if err := os.Rename(from, to); err != nil {
		w.t.Fatal(err)
	}
}

func TestACleanLakeHasNoFaults(t *testing.T) {
	w := newWorld(t)
	w.expectClean()
	openOther := openRange(t, w.root, newYear20, newYear23+aDay)
	if faults, err := openOther.Verify(context.Background()); err != nil || len(faults) > 0 {
		t.Errorf("a date range that is not there: %v, %v", faults, err)
	}
}

func TestFaults(t *testing.T) {
	const part = "/time_partition=2021/20210101_20220101.parquet"
	for _, c := range []struct {
		name string
		harm func(w *world)
		want []string // PRICES, MEMBERS and RETURNS stand for the ids
	}{
		{"a part is gone", func(w *world) { w.remove(w.part(w.prices, 1)) }, []string{"! PRICES" + part + ": it is gone"}},
		{"a part is cut short", func(w *world) { w.truncate(w.part(w.prices, 1)) }, []string{"! PRICES" + part + ": it has SIZE-1 bytes, not SIZE"}},
		{"a byte is another", func(w *world) { flip(w.t, w.part(w.prices, 1)) }, []string{"! PRICES" + part + ": its checksum is not the manifest's"}},
		{"a part is a folder", func(w *world) { w.remove(w.part(w.prices, 1)); w.put(w.prices.ID+part+"/x", "") },
			[]string{"! PRICES" + part + ": it is no file", "PRICES" + part + "/x: it belongs to nothing"}},
		{"two parts", func(w *world) { w.remove(w.part(w.prices, 0)); flip(w.t, w.part(w.prices, 2)) }, []string{
			"! PRICES/time_partition=2020/20200410_20210101.parquet: it is gone",
			"! PRICES/time_partition=2022/20220101_20220619.parquet: its checksum is not the manifest's"}},
		{"as-of rows are gone", func(w *world) { w.remove(filepath.Join(w.beforeDir(w.prices.ID), "20200410.parquet")) }, []string{"! _before/PRICES/20200410.parquet: it is gone"}},
		{"as-of rows are others", func(w *world) { flip(w.t, filepath.Join(w.beforeDir(w.prices.ID), "20200410.parquet")) }, []string{"! _before/PRICES/20200410.parquet: its checksum is not the manifest's"}},
		{"a computed part is gone", func(w *world) { w.remove(w.part(w.returns, 0)) }, []string{"! RETURNS/time_partition=2020/20200411_20210101.parquet: it is gone"}},

		{"rows are out of order", func(w *world) { w.swapPart(w.prices, 1, closes(400, 402, "BBB", "AAA"), nil) },
			[]string{"! PRICES" + part + ": row 0 (2021-02-04T05:00:00Z, BBB) comes after row 1 (2021-02-04T05:00:00Z, AAA)"}},
		{"a row is there twice", func(w *world) { w.swapPart(w.prices, 1, closes(400, 402, "AAA", "AAA"), nil) },
			[]string{"! PRICES" + part + ": two rows have the key time_index = 2021-02-04T05:00:00Z, unique_identifier = AAA"}},
		{"rows are of another time", func(w *world) { w.swapPart(w.prices, 2, closes(1200, 1202, "AAA"), nil) },
			[]string{"! PRICES/time_partition=2022/20220101_20220619.parquet: it has rows from 2023-04-15T05:00:00Z to 2023-04-16T05:00:00Z, outside 2022-01-01 to 2022-06-19"}},
		{"rows are of an earlier part's time", func(w *world) { w.swapPart(w.prices, 1, closes(200, 202, "AAA"), nil) },
			[]string{"! PRICES" + part + ": its rows begin before the rows in front of them end"}},
		{"fewer rows than said", func(w *world) { w.swapPart(w.prices, 1, closes(400, 402, "AAA"), func(p *Part) { p.Rows++ }) }, []string{"! PRICES" + part + ": it has 2 rows, not 3"}},
		{"other columns", func(w *world) {
			f, err := closes(400, 402, "AAA").Select()
			if err != nil {
				w.t.Fatal(err)
			}
			w.swapPart(w.prices, 1, f, nil)
		}, []string{"! PRICES" + part + ": COLUMNS"}},
		{"as-of rows are not before", func(w *world) {
			w.prices.Before[0] = w.before(w.prices.ID, onDay(100), closes(90, 101, "AAA"))
			w.commit(w.prices)
		}, []string{"! _before/PRICES/20200410.parquet: it has rows from 2020-03-31T05:00:00Z to 2020-04-10T05:00:00Z, outside the beginning to 2020-04-10"}},

		{"no manifest", func(w *world) { w.remove(filepath.Join(w.NodeDir(w.prices.ID), manifestName)) },
			[]string{"PRICES: it has no manifest: a run did not finish", "_before/PRICES: its node is gone"}},
		{"a manifest is no JSON", func(w *world) { w.put(w.prices.ID+"/_manifest.json", "no json") }, []string{"! PRICES/_manifest.json: JSON"}},
		{"a manifest of a later format", func(w *world) {
			makeLater(w.t, filepath.Join(w.NodeDir(w.prices.ID), manifestName))
		},
			[]string{"PRICES/_manifest.json: it has format 99; this tdlake reads up to 2"}},
		{"another node's manifest", func(w *world) {
			w.remove(w.NodeDir(w.returns.ID))
			w.rename(w.NodeDir(w.prices.ID), w.NodeDir(w.returns.ID))
		},
			[]string{"! RETURNS/_manifest.json: it is the manifest of PRICES", "_before/PRICES: its node is gone"}},
		{"_snapshot.json is no JSON", func(w *world) { w.put("_snapshot.json", "{") }, []string{"! _snapshot.json: JSON"}},

		{"files that belong to nothing", func(w *world) {
			w.put("notes.txt", "")
			w.put("_aside/x", "")
			w.put(w.prices.ID+"/notes.txt", "")
			w.put("_before/x.parquet", "")
			w.put("sweeps/old/points.parquet", "")
		}, []string{"_aside: it belongs to nothing", "notes.txt: it belongs to nothing", "PRICES/notes.txt: it belongs to nothing",
			"_before/x.parquet: it belongs to nothing", "sweeps/old: it belongs to nothing"}},
		{"what killed runs left", func(w *world) {
			w.put(tempName("_snapshot.json"), "")
			w.put(w.prices.ID+"/"+tempName("_manifest.json"), "")
			w.put(w.prices.ID+"/time_partition=2023/20230101_20240101.parquet", "")
			w.put(w.prices.ID+"/time_partition=2023-02/20230201_20230301.parquet", "")
			w.put("_before/"+w.prices.ID+"/20200101.parquet", "")
			w.put("sweeps/"+sweepHash+"/"+tempName("chunk-00001.parquet"), "")
		}, []string{tempName("_snapshot.json") + ": a run did not finish", "PRICES/" + tempName("_manifest.json") + ": a run did not finish",
			"PRICES/time_partition=2023/20230101_20240101.parquet: a run did not finish", "PRICES/time_partition=2023-02/20230201_20230301.parquet: a run did not finish",
			"_before/PRICES/20200101.parquet: a run did not finish", "sweeps/" + sweepHash + "/" + tempName("chunk-00001.parquet") + ": a run did not finish"}},
		{"a refresh that was killed", func(w *world) { w.put("../"+filepath.Base(w.refreshDir())+"/x", "") }, []string{"_refresh-2020-01-01_2023-01-01: a run did not finish"}},
		{"a refresh that was killed between its renames", func(w *world) { w.rename(w.dir, w.oldDir()) }, []string{"_old-2020-01-01_2023-01-01: the snapshot is there: a refresh did not finish"}},

		{"a sweep's file is cut short", func(w *world) { w.truncate(filepath.Join(w.SweepDir(sweepHash), "points-00000.parquet")) },
			[]string{"! sweeps/" + sweepHash + "/points-00000.parquet: PARQUET"}},
		{"a sweep's file is no Parquet", func(w *world) { w.put("sweeps/"+sweepHash+"/kept-1.parquet", "nothing") }, []string{"! sweeps/" + sweepHash + "/kept-1.parquet: PARQUET"}},
		{"a sweep's points are others", func(w *world) {
			w.put("sweeps/"+sweepHash+"/points-00000.parquet", sealedParquet(w.t, closes(1, 6, "AAA")))
		}, []string{"! sweeps/" + sweepHash + "/points-00000.parquet: its checksum is not that of _sweep.json"}},
		{"a sweep that was killed before _sweep.json", func(w *world) {
			w.put("sweeps/"+sweepHash+"/points-00000.parquet", sealedParquet(w.t, closes(0, 50, "AAA")))
			w.remove(filepath.Join(w.SweepDir(sweepHash), "_sweep.json"))
		}, nil},
		{"a sweep's points are gone", func(w *world) { w.remove(filepath.Join(w.SweepDir(sweepHash), "points-00000.parquet")) },
			[]string{"! sweeps/" + sweepHash + "/points-00000.parquet: it is gone"}},
		{"_sweep.json is no JSON", func(w *world) { w.put("sweeps/"+sweepHash+"/_sweep.json", "{") }, []string{"! sweeps/" + sweepHash + "/_sweep.json: JSON"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			size := w.prices.Parts[1].Bytes
			c.harm(w)
			got := w.faults()
			names := strings.NewReplacer("PRICES", w.prices.ID, "MEMBERS", w.members.ID, "RETURNS", w.returns.ID,
				"SIZE-1", fmt.Sprint(size-1), "SIZE", fmt.Sprint(size))
			for i, want := range c.want {
				want = names.Replace(want)
				for _, any := range []string{"COLUMNS", "JSON", "PARQUET"} { // another package's words
					want = strings.TrimSuffix(want, any)
				}
				if i >= len(got) || got[i] != want && !(strings.HasSuffix(want, ": ") && strings.HasPrefix(got[i], want)) {
					t.Errorf("fault %d is not %q", i, want)
				}
			}
			if len(got) != len(c.want) || t.Failed() {
				t.Errorf("there are:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

func TestWhatAWriterIsAtWorkOnIsNoFault(t *testing.T) {
	w := newWorld(t)
	lock, err := openRange(t, w.root, newYear20, newYear23).Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.put(w.prices.ID+"/"+tempName("_manifest.json"), "")
	w.put(testNode(t, "lagged").ID()+"/time_partition=2020/20200101_20210101.parquet", "")
	w.expectClean()
	flip(t, w.part(w.prices, 1))
	if got := w.faults(); len(got) != 1 || !strings.HasPrefix(got[0], "! ") {
		t.Errorf("damage while a writer is at work: %v", got)
	}
	lock.Unlock()
	if got := w.faults(); len(got) != 3 {
		t.Errorf("when it is gone: %v", got)
	}
}

func TestALaterFormatCannotBeVerified(t *testing.T) {
	w := newWorld(t)
	makeLater(t, filepath.Join(w.NodeDir(w.prices.ID), manifestName))
	var newer *NewerFormatError
	if faults, err := w.Verify(context.Background()); !errors.As(err, &newer) || newer.Format != 99 || len(faults) != 1 {
		t.Errorf("%v, %v", faults, err)
	}
	flip(t, w.part(w.returns, 0))
	if faults, err := w.Verify(context.Background()); err != nil || len(faults) != 2 {
		t.Errorf("with damage beside it: %v, %v", faults, err)
	}
}

func TestVerifyStopsWithItsContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if faults, err := w.Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", faults, err)
	}
}

// TestVerifyWhileNodesAreReplaced holds that verify never takes a part that is being replaced for damage.
func TestVerifyWhileNodesAreReplaced(t *testing.T) {
	w := newWorld(t)
	d := openRange(t, w.root, newYear20, newYear23)
	done := make(chan error, 1)
	go func() {
		for i := range 40 {
			f := closes(101, 300+int64(i), "AAA", "BBB")
			if _, err := d.Write(context.Background(), testNode(t, "returns"), Span{onDay(101), onDay(366)}, nil, f); err != nil {
				done <- err
				return
			}
		}
		done <- io.EOF
	}()
	for {
		faults, err := w.Verify(context.Background())
		if err != nil {
			t.Error(err)
		}
		for _, f := range faults {
			if f.Damage {
				t.Errorf("%s", f)
			}
		}
		select {
		case err := <-done:
			if err != io.EOF {
				t.Error(err)
			}
			return
		default:
		}
	}
}
