package python

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// resolve asks uv, or pip, which packages requirements mean. Nothing is installed.
func (e *Environments) resolve(ctx context.Context, env Environment) (described, error) {
	base, err := e.base(ctx, "")
	if err != nil {
		return described{}, err
	}
	p, err := e.ask(ctx, base)
	if err != nil {
		return described{}, err
	}
	var packages []string
	if uv := e.uv(); uv != "" {
		packages, err = e.resolveUV(ctx, uv, base, env)
	} else {
		packages, err = e.resolvePip(ctx, base, env)
	}
	if err != nil {
		return described{}, err
	}
	slices.Sort(packages)
	if !slices.ContainsFunc(packages, func(p string) bool { return strings.HasPrefix(p, "pyarrow==") || strings.HasPrefix(p, "pyarrow @") }) {
		return described{}, errorf("add pyarrow to its requirements", "its packages do not include pyarrow, which every environment needs")
	}
	return described{Python: p.Python, Packages: packages}, nil
}

func (e *Environments) resolveUV(ctx context.Context, uv, base string, env Environment) ([]string, error) {
	out, err := e.run(ctx, strings.Join(env.Requirements, "\n")+"\n", uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python", base, "-")
	if err != nil {
		return nil, err
	}
	var packages []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			packages = append(packages, line)
		}
	}
	return packages, nil
}

// report is what pip says that it would install.
type report struct {
	Install []struct {
		Metadata struct{ Name, Version string } `json:"metadata"`
		Download struct {
			URL string `json:"url"`
		} `json:"download_info"`
		Direct bool `json:"is_direct"`
	} `json:"install"`
}

func (e *Environments) resolvePip(ctx context.Context, base string, env Environment) ([]string, error) {
	arguments := append([]string{base, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--no-input", "--report", "-"}, env.Requirements...)
	out, err := e.run(ctx, "", arguments...)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal([]byte(out[max(strings.IndexByte(out, '{'), 0):]), &r); err != nil {
		return nil, errorf("pip 22.2 or later is needed: "+base+" -m pip install --upgrade pip", "pip's report cannot be read: %v", err)
	}
	var packages []string
	for _, p := range r.Install {
		name := normalName(p.Metadata.Name)
		if p.Direct {
			packages = append(packages, name+" @ "+p.Download.URL)
		} else {
			packages = append(packages, name+"=="+p.Metadata.Version)
		}
	}
	return packages, nil
}

// normalName writes a package's name as indexes do.
func normalName(name string) string {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return strings.Join(parts, "-")
}

// base returns the interpreter that environments are made from; version, as 3.11, asks for that one.
func (e *Environments) base(ctx context.Context, version string) (string, error) {
	base := e.settings.Base
	if base == "" {
		base = os.Getenv("TDLAKE_PYTHON")
	}
	if base == "" {
		base = "python3"
	}
	path, err := exec.LookPath(base)
	if err != nil {
		return "", errorf("install Python 3, or set TDLAKE_PYTHON to an interpreter", "there is no %s to make an environment from", base)
	}
	if version == "" {
		return path, nil
	}
	if p, err := e.ask(ctx, path); err != nil || p.Python == version {
		return path, err
	}
	other, err := exec.LookPath("python" + version)
	if err == nil {
		var p probed
		if p, err = e.ask(ctx, other); err == nil && p.Python == version {
			return other, nil
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", errorf("set TDLAKE_PYTHON to such an interpreter, or remove the entry from "+LockName+" to have it locked anew",
		"the environment was locked for Python %s, and there is none", version)
}

// uv returns uv's path, or "" where there is none.
func (e *Environments) uv() string {
	uv := e.settings.UV
	if uv == "" {
		uv = os.Getenv("UV")
	}
	if uv == "-" {
		return ""
	}
	if uv == "" {
		uv = "uv"
	}
	path, err := exec.LookPath(uv)
	if err != nil {
		return ""
	}
	return path
}

// run runs a tool and returns its standard output. An error has the tool's last lines in it.
func (e *Environments) run(ctx context.Context, input string, words ...string) (string, error) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = pythonEnv(e.settings.Env), nowhere, time.Second
	cmd.Stdin = strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Start(); err != nil {
		return "", errorf("", "%s cannot be started: %v", words[0], reason(err))
	}
	stop := context.AfterFunc(ctx, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	stop()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		tool := filepath.Base(words[0])
		if len(words) > 2 && words[1] == "-m" {
			tool = words[2]
		}
		hint := "is the network there? Indexes, proxies and certificates are " + tool + "'s own settings"
		if strings.Contains(said.String(), "ensurepip") {
			hint = "install uv, or your system's package python3-venv"
		}
		return "", errorf(hint, "%s failed (%v)%s", tool, err, lastLines(said.String(), 12))
	}
	return out.String(), nil
}

// lastLines returns the end of a text, set off below a message.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = append([]string{"..."}, lines[len(lines)-n:]...)
	}
	if len(lines) == 1 && lines[0] == "" {
		return ""
	}
	return ":\n" + indent(strings.Join(lines, "\n"))
}
