# The same steps as .ci/run, one by one.

default:
    just --list

# Everything the gate asks for
ci:
    bash .ci/run

test:
    cargo test --locked

lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# Write what is generated anew: schemas, check pages, snapshots, the sample
update:
    PIMAUDIT_UPDATE=1 INSTA_UPDATE=always cargo test --locked

fixtures:
    python3 wiremock-fixtures/generate.py

bench:
    cargo bench --bench audit
