#!/bin/sh
# Gives targets of fuzz/ hostile input, one target after another. Used by `make fuzz`.
#
#     tools/fuzz/run.sh BUILD SECONDS TARGET...
#
# SECONDS are the processor's, so that a busy machine does not shorten them: a target is started again until it has had
# them. One line a target on standard output, `TARGET: N executions, S processor seconds, K findings`. New inputs are kept
# in BUILD/work/TARGET/corpus, what was found in BUILD/work/TARGET/found; `tools/fuzz/merge.sh` makes the kept inputs few.
# Exit 1 where anything was found.
set -eu
build=$1 seconds=$2
shift 2
status=0
. tools/fuzz/spent.sh

for target; do
    work=$build/work/$target
    rm -rf "$work/found"
    mkdir -p "$work/corpus" "$work/found"
    dictionary=fuzz/dictionaries/$target.dict
    [ -f "$dictionary" ] || dictionary=fuzz/dictionaries/json.dict
    folders=$work/corpus
    corpus=$(python3 tools/fuzz/corpus.py unpack "$build" "$target")
    for kept in "fuzz/seeds/$target" "$corpus" "fuzz/found/$target"; do
        [ ! -d "$kept" ] || folders="$folders $kept"
    done
    look "$work/times"
    executions=0 begin=$spent used=0 good=1
    while [ "$used" -lt "$seconds" ] && [ $good = 1 ]; do
        # shellcheck disable=SC2086 # one word a folder
        "$build/fuzz/$target" -max_total_time=$((seconds - used)) -max_len=4096 -timeout=30 -report_slow_units=30 \
            -rss_limit_mb=1024 -malloc_limit_mb=512 -dict="$dictionary" -print_final_stats=1 -artifact_prefix="$work/found/" $folders \
            > "$work/log" 2>&1 || good=0
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log" | tail -1)
        look "$work/times"
        executions=$((executions + ${count:-0})) used=$((spent - begin))
    done
    findings=$(find "$work/found" -type f | wc -l)
    echo "$target: $executions executions, $used processor seconds, $findings findings"
    [ $good = 1 ] && continue
    tail -40 "$work/log" >&2
    status=1
done
exit $status
