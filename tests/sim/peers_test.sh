#!/usr/bin/env bash
# The protocol bench's line, watched and commanded over every protocol: same digest and captures from the same seed, from gcc's and
# clang's builds, in one run or in two; and tshark decodes every frame of every protocol.
set -euo pipefail
bin=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
orders=(--at 20s MB.real=1.5 --at 21s S7.real=2.5 --at 22s IEC.real=3.5 --at 23s DNP.real=4.5 --at 24s EIP.real=5.5
        --at 25s IEC.breaker=on --at 26s DNP.breaker=on --at 27s S7.breaker=on --at 28s EIP.breaker=on)
run() { "$1" simulate content/sites/protocol-bench --seed 5 --digest "${@:2}" | tail -n 1; }

a=$(run "$bin" --for 3m "${orders[@]}" --pcap "$tmp/a")
b=$(run "$bin" --for 3m "${orders[@]}" --pcap "$tmp/b")
[ "${#a}" = 64 ] || fail "no digest but '$a'"
[ "$a" = "$b" ] || fail "two runs differ: $a $b"
for f in "$tmp"/a/*.pcapng; do cmp "$f" "$tmp/b/${f##*/}"; done
run "$bin" --for 100s "${orders[@]}" --save "$tmp/saved" >/dev/null
c=$(run "$bin" --for 80s --from "$tmp/saved")
[ "$a" = "$c" ] || fail "saved and loaded differs: $a $c"
done=$("$bin" simulate content/sites/protocol-bench --seed 5 --for 40s "${orders[@]}" --events | grep -c 'action  *operate .* 0 ')
[ "$done" = 9 ] || fail "only $done of 9 orders were carried out"
if [ -n "${MILLRACE_CLANG:-}" ] && [ -x "$MILLRACE_CLANG" ]; then
    e=$(run "$MILLRACE_CLANG" --for 3m "${orders[@]}")
    [ "$a" = "$e" ] || fail "gcc and clang differ: $a $e"
fi

command -v tshark >/dev/null || { echo "passed, but for tshark, which is not there"; exit 0; }
for f in "$tmp"/a/station.pcapng "$tmp"/a/field.pcapng; do
    bad=$(tshark -n -r "$f" -Y '_ws.malformed || _ws.expert.severity == "Error"' 2>/dev/null | head -5)
    [ -z "$bad" ] || fail "${f##*/}: $bad"
done
for p in mbtcp s7comm iec60870_asdu dnp3 cip; do
    n=$(tshark -n -r "$tmp/a/station.pcapng" -Y "$p" 2>/dev/null | wc -l)
    [ "$n" -gt 100 ] || fail "only $n frames of $p"
    echo "$n frames of $p"
done
