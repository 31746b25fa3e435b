#!/bin/sh
# Makes what `make fuzz` has kept few: the inputs that reach something no other does, and are not longer than 1,024
# bytes, become fuzz/corpus/TARGET.tar.gz.
#
#     tools/fuzz/merge.sh BUILD TARGET...
set -eu
build=$1
shift
for target; do
    fresh=$build/work/$target/merged
    rm -rf "$fresh"
    mkdir -p "$fresh"
    kept=$(python3 tools/fuzz/corpus.py unpack "$build" "$target")
    "$build/fuzz/$target" -merge=1 -max_len=1024 -artifact_prefix="$build/work/$target/found/" "$fresh" "fuzz/seeds/$target" "$kept" \
        "$build/work/$target/corpus" > "$build/work/$target/merge_log" 2>&1
    find "$fresh" -type f -size +1024c -delete
    # what stands among the seeds need not stand twice
    for seed in "fuzz/seeds/$target"/*; do
        rm -f "$fresh/$(sha1sum "$seed" | cut -d' ' -f1)"
    done
    count=$(python3 tools/fuzz/corpus.py pack "$fresh" "$target")
    echo "$target: $count inputs, $(wc -c < "fuzz/corpus/$target.tar.gz") bytes"
done
