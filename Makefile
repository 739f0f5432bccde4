# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
.PHONY: build demo test bench bench-parts lint clean

build: ; @scripts/install-packages build && swift build --configuration release --product akiba

demo: build ; @scripts/demo "$$(swift build --configuration release --show-bin-path)/akiba"

# Release, because the tests drive the built program over real data; Swift's checks stay on in release builds.
test: ; @scripts/install-packages build && scripts/install-packages test && scripts/install-test-tools && scripts/test

# Against other tools, and the parts by themselves: make bench BENCH="--size 300M --rounds 1"; all options: make bench BENCH=--help
bench bench-parts:
	@scripts/install-packages build && scripts/install-packages bench
	@swift build --configuration release --product akiba && swift build --configuration release --product bench
	@"$$(swift build --configuration release --show-bin-path)/bench" $(if $(filter bench-parts,$@),parts,compare) $(BENCH)

lint: ; @swift format lint --strict --recursive Package.swift Sources Tests Benchmarks

clean: ; rm -rf .build
