#!/bin/sh
# Makes what `make fuzz` has kept few: the inputs that reach something no other does, and are not longer than 1,024
# bytes, become fuzz/corpus/TARGET.
#
#     tools/fuzz/merge.sh BUILD TARGET...
set -eu
build=$1
shift
for target; do
    fresh=$build/work/$target/merged
    rm -rf "$fresh"
    mkdir -p "$fresh" "fuzz/corpus/$target"
    "$build/fuzz/$target" -merge=1 -max_len=1024 -artifact_prefix="$build/work/$target/found/" "$fresh" "fuzz/seeds/$target" "fuzz/corpus/$target" \
        "$build/work/$target/corpus" > "$build/work/$target/merge_log" 2>&1
    rm -rf "fuzz/corpus/$target"
    mkdir "fuzz/corpus/$target"
    find "$fresh" -type f -size -1025c -exec cp {} "fuzz/corpus/$target" \;
    # what stands among the seeds need not stand twice
    for seed in "fuzz/seeds/$target"/*; do
        rm -f "fuzz/corpus/$target/$(sha1sum "$seed" | cut -d' ' -f1)"
    done
    echo "$target: $(find "fuzz/corpus/$target" -type f | wc -l) inputs, $(du -bs "fuzz/corpus/$target" | cut -f1) bytes"
done
