# Recipes for `just`; each is one command that also works without it.

# Lists the recipes.
default:
    @just --list

# Installs what is missing for building and testing.
setup:
    ./scripts/setup test

# Builds, synthesises the example, compares it with the originals.
quickstart:
    ./scripts/quickstart

# Compiles everything with all lints, without running it.
check:
    cargo clippy --workspace --all-targets -- -D warnings

# Runs the tests, all or those whose name holds FILTER.
test FILTER="":
    cargo nextest run --workspace {{FILTER}}

# Runs every check that continuous integration runs.
ci:
    ./scripts/test

# Measures masking and a cached search; prints the figures.
bench:
    cargo bench -p synthesizer-infrastructure --bench masking
    cargo bench -p synthesizer --bench search

# Measures analysis beside tokei, repomix and cat (scripts/setup bench); WORDS such as `real`, `growth`, `quick`, `--only=django`.
bench-analysis *WORDS:
    cargo bench -p synthesizer --bench analysis -- {{WORDS}}

# Measures resolution beside the bare solvers, and the first look; WORDS such as `--only=python`, `--rounds=3`.
bench-resolution *WORDS:
    cargo bench -p synthesizer-resolution --bench first_look
    cargo bench -p synthesizer --bench resolution -- {{WORDS}}

# Measures synthesis beside `git clone`, and how it grows with the files taken; WORDS such as `real`, `growth`, `--rounds=3`.
bench-synthesis *WORDS:
    cargo bench -p synthesizer --bench synthesis -- {{WORDS}}

# Causes every fault of another service that the program must survive, TIMES times.
faults TIMES="200":
    ./scripts/faults {{TIMES}}

# Runs the six stand-in platforms until its input ends, and prints a configuration that points to them.
world:
    cargo run --quiet -p synthesizer-testkit --example world

# Formats the code.
fmt:
    cargo fmt --all

# Builds the documentation of our own crates.
docs:
    cargo doc --workspace --no-deps

# Checks licenses, advisories and sources of the dependencies; needs cargo-deny.
deny:
    cargo deny check
