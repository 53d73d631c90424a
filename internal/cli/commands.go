package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tdlake/tdlake/config"
)

// commands lists every command, in the order that help shows them.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newDemo(a),
		newInit(a),
		newCheck(a),
		newPlan(a),
		newSnapshot(a),
		newRun(a),
		newSweep(a),
		newVerdict(a),
		newGrid(a),
		newSQL(a),
		newLs(a),
		newWhy(a),
		newVerify(a),
		newAdopt(a),
		newGC(a),
		newUpdate(a),
		newTables(a),
		newScheduler(a),
	}
}

const about = `tdlake is a workbench for DAGs of time series.

A DAG is described in YAML. "tdlake snapshot" copies what it needs from a database, once, into a folder of Parquet files; from then on
"tdlake run" evaluates a node, "tdlake sweep" a whole space of parameters, and "tdlake sql" queries all of it, offline.

CONFIG is ./` + defaultConfig + ` where it is left out. NAME=VALUE arguments override the config's parameters. Results go to standard output,
everything else to standard error.`

// newRoot assembles the program.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:               "tdlake",
		Short:             "A workbench for DAGs of time series",
		Long:              about + "\n\n" + exitCodeTable(),
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.begin(cmd.Flags()) },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	a.addFlags(root.PersistentFlags())
	root.AddCommand(commands(a)...)
	refuseUnknownHelp(root)
	return root
}

// refuseUnknownHelp makes help about a command that does not exist the error that the command itself would be.
func refuseUnknownHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, help := range root.Commands() {
		if help.Name() != "help" {
			continue
		}
		help.Run = nil
		help.RunE = func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return errors.Join(err, unknownCommand(cmd, rest))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		}
	}
}

// unknownCommand refuses a first argument that is no command, with the nearest one.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	hint := "commands: " + strings.Join(names, ", ")
	if near := config.Nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef(hint, "unknown command %q", args[0])
}

// flagError gives a wrong flag the exit code and the form of every other wrong command line.
func flagError(cmd *cobra.Command, err error) error {
	message := strings.ToLower(err.Error()[:1]) + err.Error()[1:]
	return usagef(fmt.Sprintf("see: %s --help", cmd.CommandPath()), "%s", message)
}

// atMost refuses more than n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef(fmt.Sprintf("see: %s --help", cmd.CommandPath()), "one argument too many: %q", args[n])
		}
		return nil
	}
}

// oneOf refuses a flag's value that is none of those known.
func oneOf(flag, value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	hint := "one of: " + strings.Join(known, ", ")
	if near := config.Nearest(value, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usagef(hint, "--%s %s: not known", flag, value)
}
