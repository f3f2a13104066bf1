#!/bin/sh
# musl_math.sh LIBC_A OUT: the elementary functions of musl as one relocatable object, every symbol prefixed mr_.
set -eu
libc=$1
out=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
roots="sin cos tan asin acos atan atan2 sinh cosh tanh exp expm1 log log1p log10 pow cbrt fmod floor ceil trunc round rint"
undefined=$(for r in $roots; do printf ' -u %s' "$r"; done)
# shellcheck disable=SC2086
ld -r $undefined -o joined.o "$libc"
objcopy --prefix-symbols=mr_ joined.o prefixed.o
objcopy --redefine-sym mr__GLOBAL_OFFSET_TABLE_=_GLOBAL_OFFSET_TABLE_ prefixed.o # the linker's own name
if nm -u prefixed.o | grep -qv _GLOBAL_OFFSET_TABLE_; then
    echo "musl_math.sh: musl's maths needs more than itself:" >&2
    nm -u prefixed.o >&2
    exit 1
fi
mv prefixed.o "$out"
