# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
.PHONY: build demo test lint clean

build: ; @scripts/install-packages build && swift build --configuration release --product akiba

demo: build ; @scripts/demo "$$(swift build --configuration release --show-bin-path)/akiba"

# Release, because the tests drive the built program over real data; Swift's checks stay on in release builds.
test: ; @scripts/install-packages build && scripts/install-packages test && scripts/install-test-tools && scripts/test

lint: ; @swift format lint --strict --recursive Package.swift Sources Tests

clean: ; rm -rf .build
