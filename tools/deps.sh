#!/bin/sh
# Installs what building and testing need, on Debian and Ubuntu. What is there already is not asked for again, so that
# this works without a network once it has run.
#
#     tools/deps.sh
set -eu

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
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "deps.sh: installing$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
