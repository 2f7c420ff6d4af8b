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

# Formats the code.
fmt:
    cargo fmt --all

# Builds the documentation of our own crates.
docs:
    cargo doc --workspace --no-deps

# Checks licenses, advisories and sources of the dependencies; needs cargo-deny.
deny:
    cargo deny check
