#!/bin/sh
# Trains both learned witnesses: training/train.sh PYTHON (README.md).
set -eu
python=$1
models=${FIRSTRING_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/firstring/models}
lessons=$(mktemp -d)
trap 'rm -rf "$lessons"' EXIT

for part in train validation; do
  cargo run --locked -p eval --features candle --example lessons -- "$models/smollm2-135m-instruct.gguf" "eval/suites/$part" > "$lessons/$part.jsonl"
done
"$python" training/head.py "$models" "$lessons/train.jsonl" "$lessons/validation.jsonl" models/adapters/mpnet.safetensors | tee training/head.log
"$python" training/adapter.py "$models/smollm2-135m-instruct.gguf" "$lessons/train.jsonl" "$lessons/validation.jsonl" models/adapters/smollm2-135m.safetensors | tee training/adapter.log
