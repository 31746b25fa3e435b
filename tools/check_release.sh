#!/bin/bash
# Builds and tests this tree on a fresh Debian: debootstrap makes one in a temporary folder. Needs root.
#
#     tools/check_release.sh SUITE COMPILER...      as in: tools/check_release.sh trixie gcc clang
#
# A warning is an error. The first compiler's build runs every test, the others' run those of FEW. Mirror, proxies,
# certificates and pip's settings are those of this machine; demo/ is copied along, if there is one.
# RELEASE_FOLDER=FOLDER makes the Debian there, keeps it, and uses it again the next time.
# The last line is `N passed, N failed`. Exit 1 if anything failed.
set -u -o pipefail

# Quick ones that compile, link and run something of every layer.
FEW='test_kernels test_compute test_products test_heads test_losses test_json test_tokenizer test_data test_training
     test_threads cli/train cli/predict cli/evaluate cli/usage'

if [ $# -lt 2 ]; then
    sed -n '4s/^# *//p' "$0" >&2
    exit 2
fi
suite=$1
shift
here=$(cd "$(dirname "$0")/.." && pwd)

give_up() {
    echo "check_release.sh: $1"
    echo "0 passed, 1 failed"
    exit 1
}

[ "$(id -u)" = 0 ] || give_up "debootstrap and chroot need root"
# Mounts in a namespace of our own end with it, whatever ends it; they cannot be left over.
if [ -z "${CHECK_RELEASE_INSIDE-}" ]; then
    CHECK_RELEASE_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$here/tools/check_release.sh" "$suite" "$@"
fi

root=${RELEASE_FOLDER:-$(mktemp -d)}
passed=0 failed=0
log=$(mktemp)
system=$root/$suite

clean_up() {
    rm -f "$log"
    umount -R "$system/proc" "$system/dev" 2> /dev/null
    [ -z "${RELEASE_FOLDER-}" ] || return
    if grep -q " $root/" /proc/self/mountinfo; then
        echo "check_release.sh: something is mounted below $root; it is left there"
    else
        rm -rf --one-file-system "$root"
    fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

# inside COMMAND: by a shell of the fresh Debian, in its copy of the tree
inside() {
    env -u TMPDIR PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        chroot "$system" bash -c "cd /root/bert.c && $1"
}

# The host's Debian mirror; where the host is no Debian, Debian's own.
mirror_find() {
    apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -1
}

settings_carry() { # of this machine: how apt and pip reach the network
    apt-config dump | grep -E '^Acquire::(http|https|Retries)' > "$system/etc/apt/apt.conf.d/90host"
    cp -r /usr/local/share/ca-certificates "$system/usr/local/share/" 2> /dev/null
    inside update-ca-certificates > /dev/null 2>&1
    for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
        if [ -f "$file" ]; then install -D -m 644 "$file" "$system$file"; fi
    done
}

system_make() {
    if ! command -v debootstrap > /dev/null; then
        { apt-get update -qq && apt_install debootstrap; } || give_up "debootstrap cannot be installed"
    fi
    mirror=$(mirror_find)
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    if [ ! -x "$system/usr/bin/apt-get" ]; then
        http_proxy=${proxy:-${http_proxy-}} debootstrap --variant=minbase --include=ca-certificates "$suite" "$system" \
            "${mirror:-http://deb.debian.org/debian/}" > "$log" 2>&1 || { tail "$log"; give_up "debootstrap could not make $suite"; }
    fi
    mount --rbind /dev "$system/dev" && mount -t proc proc "$system/proc" || give_up "/dev and /proc cannot be mounted"
    mkdir -p "$system/root/bert.c"
    tar -C "$here" --exclude=./.git --exclude=./build --exclude='./build-*' -c . | tar -C "$system/root/bert.c" -x
    settings_carry
}

tally_add() { # of what the last command printed
    tally=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    if [ -z "$tally" ]; then
        failed=$((failed + 1)) # it did not build
    else
        passed=$((passed + $(echo "$tally" | cut -d' ' -f1)))
        failed=$((failed + $(echo "$tally" | cut -d' ' -f3)))
    fi
}

system_make
names=
for compiler in "$@"; do
    build=build-$compiler
    inside "apt-get update -qq && apt-get install -y -qq --no-install-recommends make $compiler > /dev/null" ||
        give_up "$compiler cannot be installed"
    echo "$suite: $(inside "$compiler --version" | head -1)"
    knobs="-j$(nproc) --silent WERROR=1 CC=$compiler BUILD=$build"
    inside "make $knobs deps > /dev/null && make $knobs all tests tools targets && python3 tests/run.py $build $names" 2>&1 | tee "$log"
    tally_add
    names=$(echo $FEW)
done
echo "$suite: $passed passed, $failed failed"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
