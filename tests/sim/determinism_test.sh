#!/usr/bin/env bash
# Same seed: same digest, captures and CSV; from gcc's and clang's builds; in one run or in two with a saved state between.
set -euo pipefail
bin=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
site=content/sites/water-treatment
fail() { echo "FAIL: $*"; exit 1; }
run() { "$1" simulate "$site" --scenario first-night --digest "${@:2}" | tail -n 1; }

a=$(run "$bin" --for 40m --seed 7 --pcap "$tmp/a" --csv "$tmp/a.csv")
s=$("$bin" debug state "$site" --scenario first-night --for 2m --seed 7 | tail -n 1)
[ "$s" = "$(run "$bin" --for 2m --seed 7)" ] || fail "debug tells another digest: $s"
b=$(run "$bin" --for 40m --seed 7 --pcap "$tmp/b" --csv "$tmp/b.csv")
[ "${#a}" = 64 ] || fail "no digest but '$a'"
[ "$a" = "$b" ] || fail "two runs differ: $a $b"
cmp "$tmp/a.csv" "$tmp/b.csv"
for f in "$tmp"/a/*.pcapng; do cmp "$f" "$tmp/b/${f##*/}"; done
c=$(run "$bin" --for 40m --seed 8)
[ "$a" != "$c" ] || fail "another seed gives the same digest"
"$bin" simulate "$site" --scenario first-night --for 13m --seed 7 --save "$tmp/saved" >/dev/null
d=$(run "$bin" --for 27m --seed 7 --from "$tmp/saved")
[ "$a" = "$d" ] || fail "saved and loaded differs: $a $d"
# ... at other moments: connections and steps under way, within a second, and between a command's time and the turn that does it
two() {
    "$bin" simulate "$site" --scenario first-night --for "$1" --seed 7 --save "$tmp/saved" "${@:3}" >/dev/null
    run "$bin" --for "$2" --seed 7 --from "$tmp/saved" "${@:3}"
}
at=(--at 65400ms P102.auto=on --at 70s P102.auto=off)
e=$(run "$bin" --for 5m --seed 7 "${at[@]}")
for split in "60s 240s" "65s 235s" "65500ms 234500ms" "66s 234s" "70s 230s" "123456789us 176543211us" "4m59s 1s"; do
    # shellcheck disable=SC2086
    f=$(two $split "${at[@]}")
    [ "$e" = "$f" ] || fail "saved and loaded at $split differs: $e $f"
done
if "$bin" simulate "$site" --for 1m --seed 7 --from "$tmp/saved" 2>"$tmp/why"; then fail "a state of another scenario was taken"; fi
grep -q "saved from another" "$tmp/why" || fail "no word why: $(cat "$tmp/why")"
"$bin" simulate "$site" --scenario first-night --for 13m --seed 7 --save "$tmp/saved" >/dev/null
head -c 1000 "$tmp/saved" >"$tmp/short"
if "$bin" simulate "$site" --scenario first-night --for 1m --seed 7 --from "$tmp/short" 2>/dev/null; then fail "a short state was taken"; fi
if [ -n "${MILLRACE_CLANG:-}" ] && [ -x "$MILLRACE_CLANG" ]; then
    e=$(run "$MILLRACE_CLANG" --for 40m --seed 7 --pcap "$tmp/c" --csv "$tmp/c.csv")
    [ "$a" = "$e" ] || fail "gcc and clang differ: $a $e"
    cmp "$tmp/a.csv" "$tmp/c.csv"
    for f in "$tmp"/a/*.pcapng; do cmp "$f" "$tmp/c/${f##*/}"; done
    echo "gcc and clang agree"
fi
echo "determinism: passed"
