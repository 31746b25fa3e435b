#!/bin/sh
# Are bugs found that are put in on purpose? Each patch of fuzz/planted, TARGET-N.patch, goes into a copy of the tree, and
# its target runs from the seeds alone, for PLANTED_SECONDS (60) of processor time at most.
#
#     tools/fuzz/planted.sh [TARGET]      the target's patches, or all
#
# A table on standard output. Exit 1 where a bug was not found, or a patch no longer applies.
set -eu
seconds=${PLANTED_SECONDS:-60}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

flags="SAN=fuzzer,address,undefined BUILD=build-fuzz CC=${CLANG:-clang}"
# shellcheck disable=SC2086 # one word a variable
build() { make -C "$copy" --no-print-directory --silent $flags CFLAGS="-O1 -g" "$@"; }

mkdir -p "$copy/tests/data"
cp -a Makefile include src fuzz "$copy"
cp -a tests/data/tokenizer "$copy/tests/data"
[ ! -d build-fuzz ] || (mkdir "$copy/build-fuzz" && cp -a build-fuzz/src build-fuzz/fuzz "$copy/build-fuzz")

. tools/fuzz/spent.sh
status=0
printf '| bug | in | found after |\n|---|---|---|\n'
for patch in fuzz/planted/${1:-*}-*.patch; do
    name=$(basename "$patch" .patch) target=$(basename "$patch" | sed 's/-[0-9]*\.patch$//')
    file=$(sed -n 's|^+++ b/||p' "$patch")
    if ! patch -s -d "$copy" -p1 < "$patch" > /dev/null; then
        echo "| $name | $file | the patch does not apply |"
        status=1
        continue
    fi
    build "build-fuzz/fuzz/$target"
    dictionary=fuzz/dictionaries/$target.dict
    [ -f "$dictionary" ] || dictionary=fuzz/dictionaries/json.dict
    look "$copy/times"
    begin=$spent
    (cd "$copy" && mkdir -p work && ulimit -t "$seconds" && "build-fuzz/fuzz/$target" -max_total_time=$((20 * seconds)) \
        -max_len=4096 -timeout=30 -rss_limit_mb=1024 -dict="$dictionary" -artifact_prefix=work/ work \
        "fuzz/seeds/$target" > log 2>&1) || true
    look "$copy/times"
    if grep -q 'SUMMARY: ' "$copy/log"; then
        found="$((spent - begin)) s"
    else
        found="not within $((spent - begin)) s"
        status=1
    fi
    echo "| $name | $file | $found |"
    rm -rf "$copy/work"
    patch -s -R -d "$copy" -p1 < "$patch"
done
exit $status
