# tdlake on a fresh clone: Go, a C++ compiler, and nothing else. Each target does all of its own set-up.
#
#   make demo     build, then make a market, take its snapshot and sweep 165 points
#   make test     everything that has to hold: format, vet, staticcheck, the race detector, all tests with PostgreSQL and Python (python3 has to be there), the end-to-end scripts
#   make bench    measure against the alternatives, in one run (BASELINES=DIR adds the programs in DIR)
#   make build    bin/tdlake
#   make fmt      format all code
#
# Tools are pinned here and run through the module proxy; nothing is installed outside the repository and Go's own caches.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What runs on several goroutines, and is therefore tested once more under the race detector.
CONCURRENT  := ./cache/... ./compute/... ./database/... ./duck/... ./lake/... ./sweeps/... ./internal/cli/...

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
	TDLAKE_REQUIRE_POSTGRES=1 TDLAKE_REQUIRE_PYTHON=1 $(GO) test -race $(CONCURRENT)

.PHONY: postgres
postgres:
	scripts/install-postgres.sh

# Every package's tests come last, so that their lines, ours and the end-to-end scripts', are what the output ends with.
test: check race
	@echo "passed: gofmt, go vet, staticcheck, the race detector. All tests, with PostgreSQL, and the end-to-end scripts:"
	TDLAKE_REQUIRE_POSTGRES=1 TDLAKE_REQUIRE_PYTHON=1 $(GO) test ./...

bench: build
	scripts/bench.sh
