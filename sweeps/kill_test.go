package sweeps

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// childVariable makes this test binary run a slow sweep in a folder, to be killed; pointsVariable says how many points it gets
// to at the most, so that it has not ended when its parent comes to look.
const (
	childVariable  = "TDLAKE_SWEEPS_TEST_CHILD"
	pointsVariable = "TDLAKE_SWEEPS_TEST_POINTS"
)

func childRun(dir string) int {
	p, err := planAt(dir, wide, nil)
	if err == nil {
		points, _ := strconv.Atoi(os.Getenv(pointsVariable))
		slow := &fake{before: func(evals int) {
			time.Sleep(20 * time.Millisecond)
			if evals > points {
				time.Sleep(time.Hour)
			}
		}}
		_, err = Run(context.Background(), p, slow, Options{Jobs: 2, StoreTarget: true, blockPoints: 1, chunkPoints: 2})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestKilledSweepsResume(t *testing.T) {
	reference := newWorld(t).run(wide, &fake{}, Options{StoreTarget: true}).folder(t)
	for _, chunks := range []int{1, 5, 11} {
		t.Run(fmt.Sprint(chunks), func(t *testing.T) {
			w := newWorld(t)
			dir := w.plan(wide).Dir
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), childVariable+"="+w.dir, fmt.Sprintf("%s=%d", pointsVariable, 2*chunks+4))
			child.Stderr = os.Stderr
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			defer child.Process.Kill()
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				found, _ := filepath.Glob(filepath.Join(dir, chunkPrefix+"*"))
				if len(found) >= chunks {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the child commits nothing")
				}
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			child.Wait()
			if stored := w.plan(wide).Stored(); stored < chunks {
				t.Errorf("%d points are stored in %d chunks", stored, chunks)
			}
			sameFolder(t, w.run(wide, &fake{}, Options{Jobs: 2, StoreTarget: true}).folder(t), reference)
		})
	}
}
