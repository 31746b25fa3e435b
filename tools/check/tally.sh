# shellcheck shell=bash
# Adds up what several runs of tests came to. To be sourced by bash.
#
#     tally_of COMMAND...     shows what it prints; its last `N passed, N failed` is added to $passed and $failed. A command
#                             that prints none, such as a build that broke, is one failure.
#     tally_end               prints the sum, the last line of a script; returns 1 if anything failed
passed=0 failed=0

tally_of() {
    local begin=$SECONDS log tally
    log=$(mktemp)
    "$@" 2>&1 | tee "$log"
    tally=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    rm -f "$log"
    tally=${tally:-0 passed, 1 failed}
    passed=$((passed + $(echo "$tally" | cut -d' ' -f1)))
    failed=$((failed + $(echo "$tally" | cut -d' ' -f3)))
    echo "$*: $((SECONDS - begin)) s"
}

tally_end() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
