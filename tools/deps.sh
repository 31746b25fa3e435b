#!/bin/sh
# Installs what building and testing need, on Debian and Ubuntu. What is there already is not asked for again, so that
# this works without a network once it has run.
#
#     tools/deps.sh            for all users of the machine, as root or by sudo
#     tools/deps.sh FOLDER     without root: unpacks the libraries into a folder, and writes FOLDER/env, the variables with
#                              which compilers and programs find them:   . FOLDER/env && make
set -eu
folder=${1-}

missing=
need() { # need PACKAGE COMMAND...: the package, unless the command succeeds
    package=$1
    shift
    "$@" > /dev/null 2>&1 || missing="$missing $package"
}
compiles() { # compiles HEADER LIBRARY [FLAG]
    printf '#include <stddef.h>\n#include <stdarg.h>\n#include <setjmp.h>\n#include <stdint.h>\n%s\nint main(void) { return 0; }\n' "#include <$1>" |
        ${CC:-cc} -x c - -o /dev/null "-l$2" ${3-}
}

need build-essential sh -c 'command -v make && command -v "${CC:-cc}"'
need build-essential compiles stdio.h m # a compiler alone may have no C library to compile with
case ${CC:-cc} in *clang*) need libomp-dev compiles omp.h m -fopenmp ;; esac # gcc brings its own
need pkg-config command -v pkg-config
need libdnnl-dev compiles dnnl.h dnnl
need libutf8proc-dev compiles utf8proc.h utf8proc
need libonig-dev compiles oniguruma.h onig
need libjansson-dev compiles jansson.h jansson
need libcsv-dev compiles csv.h csv
need zlib1g-dev compiles zlib.h z
need nettle-dev compiles nettle/sha2.h nettle
need libcurl4-openssl-dev compiles curl/curl.h curl
need libcmocka-dev compiles cmocka.h cmocka
need python3 command -v python3
need python3-pip python3 -m pip --version
[ -n "$missing" ] || exit 0

if ! command -v apt-get > /dev/null; then
    echo "deps.sh: there is no apt-get here; install what Debian calls$missing" >&2
    exit 1
fi

# ---- without root

without_root() {
    cat >&2 << END
deps.sh: missing:$missing
Installing them takes root, by sudo or otherwise. Without root they can be unpacked into a folder of yours:
    tools/deps.sh ~/bert-libraries && . ~/bert-libraries/env
END
    exit 1
}

# apt-get with lists and a cache of its own, so that it needs nobody's leave.
own_apt() {
    apt-get -qq -o Dir::State="$folder/apt" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$folder/apt" "$@"
}

# The packages, with what they need and the machine has not.
unpack() { # unpack PACKAGE...
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    folder=$(cd "$folder" && pwd)
    own_apt update
    all=$(own_apt -s install --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
    [ -n "$all" ] || exit 1 # apt-get has said why
    cd "$folder/apt"
    # shellcheck disable=SC2086 # one word a package
    own_apt download $all
    for package in ./*.deb; do dpkg -x "$package" "$folder"; done
    cd "$folder"
    rm -r apt
    # A library that the machine has is linked to there.
    find . -xtype l -name '*.so' | while read -r link; do
        library=$(find /usr/lib /lib -name "$(basename "$(readlink "$link")")" 2> /dev/null | head -n 1)
        [ -z "$library" ] || ln -sf "$library" "$link"
    done
}

env_write() {
    libraries=$(find "$folder/usr/lib" "$folder/lib" -maxdepth 1 -name '*-linux-*' 2> /dev/null | paste -sd :)
    includes="$folder/usr/include:$folder/usr/include/$(basename "${libraries%%:*}")"
    cat > "$folder/env" << END
# For a shell to read: . '$folder/env'
export C_INCLUDE_PATH='$includes'\${C_INCLUDE_PATH:+:\$C_INCLUDE_PATH}
export LIBRARY_PATH='$libraries'\${LIBRARY_PATH:+:\$LIBRARY_PATH}
export LD_LIBRARY_PATH='$libraries'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
END
}

if [ -n "$folder" ]; then
    wanted=
    for package in $missing; do
        case $package in
        build-essential) echo "deps.sh: there is no compiler; ask whoever is root for $package" >&2 && exit 1 ;;
        pkg-config | python3*) echo "deps.sh: without $package some tests are left out" ;;
        *) wanted="$wanted $package" ;;
        esac
    done
    [ -n "$wanted" ] || exit 0
    echo "deps.sh: unpacking$wanted into $folder"
    # shellcheck disable=SC2086 # one word a package
    unpack $wanted
    env_write
    echo "deps.sh: done; in each shell, before make and before bert:  . $folder/env"
    exit 0
fi

# ---- with it

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
[ -z "$as_root" ] || command -v sudo > /dev/null || without_root
echo "deps.sh: installing$missing"
$as_root apt-get update -qq || { [ -z "$as_root" ] || without_root; exit 1; }
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
