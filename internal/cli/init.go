package cli

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// starterConfig is what init writes. A test checks that it loads, and that it names every key there is.
//
//go:embed starter.yaml
var starterConfig []byte

type initOptions struct{}

func newInit(a *app) *cobra.Command {
	o := &initOptions{}
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented starter config",
		Long:  "Writes DIR/" + defaultConfig + ", a config to start from with a comment on every key. A file that is there already is left alone.",
		Args:  atMost(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
}

func (o *initOptions) run(_ context.Context, a *app, args []string) error {
	dir := "."
	if len(args) == 1 {
		dir = args[0]
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	path := filepath.Join(dir, defaultConfig)
	if err := writeNew(path, starterConfig); err != nil {
		return err
	}
	a.say("wrote %s", path)
	a.say("next: edit it, then run: tdlake check %s", path)
	return nil
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usagef("name another folder, or move the file away", "%s: is there already; left as it was", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
