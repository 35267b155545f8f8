# `just` lists the recipes: https://just.systems. Nothing needs it: each check is a step of .ci/run,
# which CI runs too.

set positional-arguments
set shell := ['bash', '-euc']

target := env('CARGO_TARGET_DIR', 'target')

_list:
    @just --list --unsorted

# The checks for daily work: format, lints, documentation, unit tests, facts about the binary.
quick:
    .ci/run quick

# Everything that CI runs.
ci:
    .ci/run

# One or more steps of .ci/run: `just step test peers`.
step +steps:
    .ci/run "$@"

# The steps, by name.
steps:
    .ci/run --list

# rinit for other architectures, with Rust alone: `just build arm64 armhf`. See release/build.
build +architectures:
    release/build "$@"

# Everything that a release has, into a folder: `just release out`. See release/README.md.
release folder:
    release/make "$@"

# The tests whose names contain FILTER: `just test stop::`.
test *filter:
    cargo test --locked -- "$@"

# The same tests with another init in rinit's place: `just test-other /usr/bin/tini forwarding::`.
test-other init *filter:
    RINIT_UNDER_TEST="$1" cargo test --locked -- "${@:2}"

# rinit beside other inits, measured: writes doc/benchmarks.md. See benches/README.md.
bench:
    cargo bench

# rinit as PID 1 of a namespace of its own: `just pid1 -vv -- sh -c 'exit 3'`.
pid1 *arguments:
    cargo build --release --locked
    unshare --user --map-root-user --pid --fork --mount-proc {{ target }}/release/rinit "$@"

# The same under strace(1), which shows every system call.
trace *arguments:
    cargo build --release --locked
    unshare --user --map-root-user --pid --fork --mount-proc \
        strace -D -f {{ target }}/release/rinit "$@"

# Reformats the source.
fmt:
    cargo fmt
