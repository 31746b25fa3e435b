#!/bin/sh
# Gives targets of fuzz/ hostile input, one target after another. Used by `make fuzz`.
#
#     tools/fuzz.sh BUILD SECONDS TARGET...
#
# One line a target on standard output, `TARGET: N executions, S seconds, K findings`. New inputs are kept in
# BUILD/work/TARGET/corpus, what was found in BUILD/work/TARGET/found; `tools/fuzz_merge.sh` makes the kept inputs few.
# Exit 1 where anything was found.
set -eu
build=$1 seconds=$2
shift 2
status=0
for target; do
    work=$build/work/$target
    rm -rf "$work/found"
    mkdir -p "$work/corpus" "$work/found"
    dictionary=fuzz/dictionaries/$target.dict
    [ -f "$dictionary" ] || dictionary=fuzz/dictionaries/json.dict
    folders=$work/corpus
    for kept in "fuzz/seeds/$target" "fuzz/corpus/$target" "fuzz/found/$target"; do
        [ ! -d "$kept" ] || folders="$folders $kept"
    done
    begin=$(date +%s)
    # shellcheck disable=SC2086 # one word a folder
    "$build/fuzz/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 \
        -dict="$dictionary" -print_final_stats=1 -artifact_prefix="$work/found/" $folders > "$work/log" 2>&1 || status=1
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log" | tail -1)
    findings=$(find "$work/found" -type f | wc -l)
    echo "$target: ${executions:-0} executions, $(($(date +%s) - begin)) seconds, $findings findings"
    [ "$findings" = 0 ] || tail -40 "$work/log" >&2
done
exit $status
