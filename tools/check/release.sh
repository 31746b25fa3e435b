#!/bin/bash
# Builds and tests this tree on a fresh Debian: debootstrap makes one in a temporary folder. Needs root.
#
#     tools/check/release.sh SUITE COMPILER...      as in: tools/check/release.sh trixie gcc clang
#
# A warning is an error. The first compiler's build runs every test, the others' run those of FEW; where this machine is the
# same Debian, all run those of FEW. Mirror, proxies, certificates and pip's settings are those of this machine; demo/ is
# copied along, if there is one. RELEASE_WHOLE=1 runs every test with the first compiler on any machine.
# RELEASE_FOLDER=FOLDER makes the Debian there, keeps it, and uses it again the next time.
# The last line is `N passed, N failed`. Exit 1 if anything failed.
set -u -o pipefail

# Quick ones that compile, link and run something of every layer.
FEW=(test_kernels test_compute test_products test_heads test_losses test_json test_tokenizer test_data test_training
     test_threads cli/train cli/predict cli/evaluate cli/usage)

if [ $# -lt 2 ]; then
    sed -n '4s/^# *//p' "$0" >&2
    exit 2
fi
suite=$1
shift
here=$(cd "$(dirname "$0")/../.." && pwd)

give_up() {
    echo "release.sh: $1"
    echo "0 passed, 1 failed"
    exit 1
}

[ "$(id -u)" = 0 ] || give_up "debootstrap and chroot need root"
# Mounts in a namespace of our own end with it, whatever ends it; they cannot be left over.
if [ -z "${RELEASE_INSIDE-}" ]; then
    RELEASE_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$here/tools/check/release.sh" "$suite" "$@"
fi

. "$here/tools/check/tally.sh"
root=${RELEASE_FOLDER:-$(mktemp -d)}
mkdir -p "$root" || give_up "$root cannot be made"
system=$root/$suite
processors=$(nproc)

clean_up() {
    umount -R "$system/proc" "$system/dev" 2> /dev/null
    [ -z "${RELEASE_FOLDER-}" ] || return
    if grep -q " $root/" /proc/self/mountinfo; then
        echo "release.sh: something is mounted below $root; it is left there"
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

mirror_find() { # this machine's, of Debian
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
    [ -n "$mirror" ] || { apt-get update -qq && mirror=$(mirror_find); } # a new machine has no lists yet
    [ -n "$mirror" ] || give_up "apt knows no mirror of Debian here"
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    if [ ! -x "$system/usr/bin/apt-get" ]; then
        http_proxy=${proxy:-${http_proxy-}} debootstrap --variant=minbase --include=ca-certificates "$suite" "$system" \
            "$mirror" > "$root/log" 2>&1 || { tail "$root/log"; give_up "debootstrap could not make $suite"; }
    fi
    mount --rbind /dev "$system/dev" && mount -t proc proc "$system/proc" || give_up "/dev and /proc cannot be mounted"
    mkdir -p "$system/root/bert.c"
    find "$system/root/bert.c" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} + # a kept one's old sources
    tar -C "$here" --exclude=./.git --exclude=./build --exclude='./build-*' -c . | tar -C "$system/root/bert.c" -x
    settings_carry
}

build_and_test() { # build_and_test COMPILER [TEST]...
    local knobs="-j$processors --silent WERROR=1 CC=$1 BUILD=build-$1"
    inside "make $knobs deps > /dev/null && make $knobs all tests tools targets && python3 tests/run.py build-$*"
}

system_make
names=()
if [ "$(. /etc/os-release && echo "${VERSION_CODENAME-}")" = "$suite" ] && [ -z "${RELEASE_WHOLE-}" ]; then
    names=("${FEW[@]}")
fi
for compiler in "$@"; do
    inside "apt-get update -qq && apt-get install -y -qq --no-install-recommends make $compiler > /dev/null" ||
        give_up "$compiler cannot be installed"
    echo "$suite: $(inside "$compiler --version" | head -1)"
    tally_of build_and_test "$compiler" "${names[@]}"
    names=("${FEW[@]}")
done
tally_end
