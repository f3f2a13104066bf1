#!/usr/bin/env bash
# MILLRACE_TRACE: the lines of simulate, live and replay; only what was asked for; the digest as it was; names that there are not.
set -uo pipefail
millrace=$1
tmp=$(mktemp -d)
live=
trap '[ -z "$live" ] || kill "$live"; rm -rf "$tmp"' EXIT
site=content/sites/water-treatment
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# run TRACE FILE: ten seconds, the trace into the file; prints the digest
run() { MILLRACE_TRACE=$1 "$millrace" simulate "$site" --for 10s --digest 2>"$2" | tail -n 1; }

plain=$(run "" "$tmp/none")
[ ! -s "$tmp/none" ] || fail "nothing was asked for, yet it says: $(head -1 "$tmp/none")"
digest=$(run modbus,plc "$tmp/two")
[ "${#plain}" = 64 ] && [ "$digest" = "$plain" ] || fail "the trace changes the digest: $plain $digest"
[ "$(run all "$tmp/all")" = "$plain" ] || fail "the trace of all changes the digest"
run modbus,plc "$tmp/again" >/dev/null
cmp "$tmp/two" "$tmp/again" || fail "two runs have different traces"
[ "$(cut -d ' ' -f 2 "$tmp/two" | sort -u | xargs)" = "modbus plc" ] || fail "not modbus and plc alone: $(cut -d ' ' -f 2 "$tmp/two" | sort -u | xargs)"
grep -E '^[0-9.]+ (modbus|plc) ' "$tmp/all" | cmp - "$tmp/two" || fail "all is not what its parts are"

wrong=$(grep -vE '^[0-9]+\.[0-9]{6} (plc plc[1-6] scan [0-9]+ running|modbus [a-z0-9]+ (timer|connect to [0-9.]+:502|#[0-9]+ (connected|accepted from [0-9.]+:[0-9]+ at port 502|(in|out) [0-9]+ bytes [0-9a-f]+(\.\.\.)?)))$' "$tmp/two" | head -3)
[ -z "$wrong" ] || fail "lines of another form: $wrong"
sort -sn -k 1,1 "$tmp/two" | cmp - "$tmp/two" || fail "time goes back"
# Six controllers, a scan each 100 ms, the first after 100 ms: 100 in ten seconds.
for plc in plc1 plc2 plc3 plc4 plc5 plc6; do
    [ "$(grep -c " plc $plc scan " "$tmp/two")" = 100 ] || fail "$plc: $(grep -c " plc $plc scan " "$tmp/two") scans in 10 s"
done
grep -q '^0\.100000 plc plc1 scan 1 running$' "$tmp/two" || fail "no first scan of plc1 at 0.1 s"
# What is sent and shown whole is frames of Modbus/TCP to its end: protocol 0 in bytes 2 and 3, in 4 and 5 the length of what follows
# (Messaging Implementation Guide V1.0b, 3.1.3).
frames=0
while read -r hex; do
    all=$hex
    while [ -n "$hex" ]; do
        after=$((12 + 2 * 16#${hex:8:4}))
        if [ "${hex:4:4}" != 0000 ] || [ "${#hex}" -lt "$after" ]; then
            fail "no frames of Modbus: $all"
            break
        fi
        hex=${hex:$after}
        frames=$((frames + 1))
    done
done < <(awk '$2 == "modbus" && $8 ~ /^[0-9a-f]+$/ && length($8) == 2 * $6 { print $8 }' "$tmp/two" | sort -u)
[ "$frames" -gt 50 ] || fail "only $frames frames of Modbus"
# What one end sends, another one gets, while all is well.
for way in in out; do
    grep -oE " $way [0-9]+ bytes .*" "$tmp/two" | cut -d ' ' -f 3- | sort >"$tmp/$way"
done
missing=$(comm -23 "$tmp/in" "$tmp/out" | wc -l)
[ "$missing" = 0 ] || fail "$missing messages came that nobody has sent"

"$millrace" simulate "$site" --scenario first-night --for 2m --digest | tail -n 1 >"$tmp/quiet"
MILLRACE_TRACE=all "$millrace" simulate "$site" --scenario first-night --for 2m --digest 2>"$tmp/attacked" | tail -n 1 | cmp - "$tmp/quiet" ||
    fail "under attack the trace changes the digest"
for subject in modbus http plc process net adversary event; do
    grep -q "^[0-9.]* $subject " "$tmp/attacked" || fail "nothing of $subject while the plant is attacked"
done

# A fault in the fifth scan: an M340 goes on with a flag, an LK220 stops at the line.
for make in schneider-m340 hollysys-lk220; do
    rm -rf "$tmp/tank"
    cp -r content/sites/heated-tank "$tmp/tank"
    sed -i 's/^    e : REAL;/    e : REAL; k, n : INT;/; s/^END_PROGRAM/k := k + 1; n := 10 \/ (5 - k);\nEND_PROGRAM/' "$tmp"/tank/plc/*.st
    sed -i "s/schneider-m340/$make/" "$tmp/tank/site.yaml"
    MILLRACE_TRACE=plc "$millrace" simulate "$tmp/tank" --for 1s 2>"$tmp/$make"
    grep -q '^0\.400000 plc plc1 scan 4 running$' "$tmp/$make" || fail "$make: $(sed -n 4p "$tmp/$make")"
done
line=$(grep -n '^k := k + 1' "$tmp"/tank/plc/*.st | cut -d : -f 1)
grep -q '^0\.500000 plc plc1 scan 5 running, passed over division by zero$' "$tmp/schneider-m340" || fail "M340: $(sed -n 5p "$tmp/schneider-m340")"
grep -q "^0\.500000 plc plc1 scan 5 faulted: division by zero in Tank line $line\$" "$tmp/hollysys-lk220" || fail "LK220: $(sed -n 5p "$tmp/hollysys-lk220")"

# A live site's core tells the same as the replay of its record.
MILLRACE_TRACE=modbus,plc "$millrace" live "$site" --network loopback --port-offset 23000 --captures off --state "$tmp/live" >"$tmp/out" 2>"$tmp/told" &
live=$!
for _ in $(seq 100); do
    [ "$(wc -l <"$tmp/told")" -gt 300 ] || ! kill -0 "$live" && break
    sleep 0.1
done
kill -INT "$live"
wait "$live" || fail "live ends with $?: $(tail -3 "$tmp/told")"
live=
MILLRACE_TRACE=modbus,plc "$millrace" replay "$tmp/live/record" >/dev/null 2>"$tmp/replayed" || fail "replay: $(tail -1 "$tmp/replayed")"
grep -E '^[0-9.]+ (modbus|plc) ' "$tmp/told" >"$tmp/lines"
[ "$(wc -l <"$tmp/lines")" -gt 300 ] || fail "live tells $(wc -l <"$tmp/lines") lines"
cmp "$tmp/lines" "$tmp/replayed" || fail "live and replay tell different things"

for command in "simulate $site --for 1s" "live $site --network loopback --state $tmp/never" "replay $tmp/live/record"; do
    status=0
    # shellcheck disable=SC2086
    MILLRACE_TRACE=plc,modbsu "$millrace" $command >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = 2 ] || fail "an unknown name gives $status: $command"
    [ ! -s "$tmp/out" ] || fail "an unknown name, yet it says: $(head -1 "$tmp/out")"
    grep -q "'modbsu' (did you mean 'modbus'?); there are: modbus s7 .* all$" "$tmp/err" || fail "an unknown name is told so: $(cat "$tmp/err")"
done
[ ! -e "$tmp/never" ] || fail "an unknown name, yet --state is begun"
[ "$failures" = 0 ] && echo "trace: passed"
exit $((failures > 0))
