#!/usr/bin/env bash
# Trains both learned witnesses: training/train.sh PYTHON (README.md).
set -euo pipefail
python=$1
models=${FIRSTRING_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/firstring/models}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

teach() {
  cargo run --locked -p eval --features candle --example lessons -- "$models/smollm2-135m-instruct.gguf" "$@"
}
teach --broken-off eval/suites/train > "$work/train.jsonl"
teach eval/suites/validation > "$work/validation.jsonl"
"$python" training/head.py "$models" "$work/train.jsonl" "$work/validation.jsonl" "$work/mpnet.safetensors" | tee "$work/head.log"
"$python" training/adapter.py "$models/smollm2-135m-instruct.gguf" "$work/train.jsonl" "$work/validation.jsonl" "$work/smollm2-135m.safetensors" | tee "$work/adapter.log"
# What is compiled in changes only when all of it is there.
mv "$work"/*.log training/
mv "$work"/*.safetensors "$work"/*.expected.jsonl models/adapters/
