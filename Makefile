# tdlake on a fresh clone: Go, a C++ compiler, and nothing else. Each target does all of its own set-up.
#
#   make demo     build, then make a market, take its snapshot and sweep 165 points
#   make test     everything that has to hold: format, vet, staticcheck, the race detector, all tests with PostgreSQL and Python (python3 has to be there), the end-to-end scripts
#   make bench    measure against the alternatives, in one run (scripts/bench.sh says how to choose rows; BASELINES=DIR adds the programs in DIR)
#   make benchstat  compare Go's benchmarks of kernels, engine and lake with bench/baseline.txt, which make benchbase makes anew
#   make build    bin/tdlake
#   make fmt      format all code
#
# Tools are pinned here and run through the module proxy; nothing is installed outside the repository and Go's own caches.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

# What runs on several goroutines, and is therefore tested once more under the race detector.
CONCURRENT  := ./cache/... ./compute/... ./database/... ./duck/... ./lake/... ./schedule/... ./sweeps/... ./internal/cli/...

.DEFAULT_GOAL := build
.PHONY: build demo test bench fmt check race

build:
	$(GO) build -o bin/tdlake .

demo: build
	./bin/tdlake demo demo

fmt:
	gofmt -w .

# What reads the code without running it.
check:
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change (run: make fmt):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

race: postgres
	TDLAKE_REQUIRE_POSTGRES=1 TDLAKE_REQUIRE_PYTHON=1 $(GO) test -race -timeout 30m $(CONCURRENT)

.PHONY: postgres
postgres:
	scripts/install-postgres.sh

# Every package's tests come last, so that their lines, ours and the end-to-end scripts', are what the output ends with.
test: check race
	@echo "passed: gofmt, go vet, staticcheck, the race detector. All tests, with PostgreSQL, and the end-to-end scripts:"
	TDLAKE_REQUIRE_POSTGRES=1 TDLAKE_REQUIRE_PYTHON=1 $(GO) test -timeout 30m ./...

bench: build
	scripts/bench.sh

# What benchstat compares: kernels, a node, an engine, planning, metrics, chunks, parts. Six runs each, so that it can tell a change from noise.
# Benchmarks without parts, with one level of them, with two: Go runs a benchmark only where the pattern has as many levels.
BENCHMARKS  := ^Benchmark(Resolve|ResolveAgain|Cursor|Metrics|Chunk)$$|^Benchmark(LassoNode|Engine|Plan|SecondRun)$$/^(10000|whole|more|cold|warm)$$|^Benchmark(Roll|Parts|Point)$$/./^(110k|alpha=.*|assembly=true)$$

.PHONY: benchstat benchbase
benchstat: bin/bench.txt
	$(GO) run $(BENCHSTAT) bench/baseline.txt bin/bench.txt

benchbase: bin/bench.txt
	mkdir -p bench
	cp bin/bench.txt bench/baseline.txt

.PHONY: bin/bench.txt
bin/bench.txt:
	mkdir -p bin
	$(GO) test -run '^$$' -bench '$(BENCHMARKS)' -benchmem -benchtime 200ms -count 6 ./compute/... ./internal/cli ./internal/lanes ./graph ./sweeps ./lake >$@ || { cat $@; exit 1; }
