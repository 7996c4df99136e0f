# FirstRing: `make run` answers calls, `make test` passes the tests. Both install what is missing first.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/firstring
export CARGO_TARGET_DIR ?= $(CACHE)/target
PRACTICE ?= eval/practices/riverside.toml
# A fresh rustup is not yet on the PATH of the shell that runs make.
export PATH := $(PATH):$(HOME)/.cargo/bin
CARGO := cargo
BIN := $(CARGO_TARGET_DIR)/debug/firstring
# A page in the example practice is signed with this; a real practice sets its own.
export FIRSTRING_WEBHOOK_SECRET ?= whsec_Zmlyc3RyaW5nLWV4YW1wbGUtc2VjcmV0LTMyLWJ5dGVz

.PHONY: run test build bench demo faults fuzz soak lint setup models

run: build models
	$(BIN) serve --practice $(PRACTICE)

test: build models
	$(CARGO) test --workspace --locked --features speech/fakes

build: setup
	$(CARGO) build --workspace --locked

models: build
	$(BIN) models fetch

bench: build models
	$(BIN) models fetch qwen2.5-coder-1.5b
	$(CARGO) bench --profile dev --locked -p nlu --bench values
	$(CARGO) bench --profile dev --locked -p office --bench paging
	$(CARGO) bench --profile dev --locked -p transport --bench line
	$(CARGO) bench --profile dev --locked -p firstring

demo: build models
	$(BIN) demo --practice $(PRACTICE)

# Bad input: each fault is started once and must end in one sentence or in a call that still ends well. The office is killed two
# hundred times in the middle of what it does; its disk is full and read-only, its database server is away for a minute, each
# way to page fails in each manner. ARCHITECTURE.md has a table of what that shows.
faults: build models
	FIRSTRING_KILLS=200 $(CARGO) test --locked -p office --test killed -- --nocapture
	FIRSTRING_OUTAGE_S=60 $(CARGO) test --locked -p office --test faults -- --nocapture
	$(CARGO) test --locked -p firstring --test faults

# What strangers may send, ten minutes a target (FIRSTRING_FUZZ_S). One alone: .ci/fuzz sdp
fuzz: setup
	.ci/fuzz

# Calls that come and go for an hour (FIRSTRING_SOAK_S): nothing grows.
soak: setup
	FIRSTRING_SOAK_S=$${FIRSTRING_SOAK_S:-3600} $(CARGO) test --locked -p transport --test soak -- --nocapture

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

setup:
	@.ci/setup
