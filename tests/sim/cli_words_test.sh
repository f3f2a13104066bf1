#!/usr/bin/env bash
# The command line from outside: help of every command and sub-command, calls that are wrong (2), files that are wrong (1, told with file,
# line and column; nothing is written), an output that cannot be written.
set -uo pipefail
millrace=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# status WANTED COMMAND...
status() {
    local want=$1 got=0
    shift
    timeout 30 "$millrace" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
    [ "$got" = "$want" ] || fail "'millrace $*' gave $got, not $want: $(head -c 300 "$tmp/err")"
}

help() {
    status 0 "$@"
    grep -q '^usage: millrace' "$tmp/out" || fail "'millrace $*' prints no usage"
    [ ! -s "$tmp/err" ] || fail "'millrace $*' complains: $(cat "$tmp/err")"
}

wrong() {
    status 2 "$@"
    [ ! -s "$tmp/out" ] || fail "'millrace $*' is wrong, yet says: $(head -1 "$tmp/out")"
    [ -s "$tmp/err" ] || fail "'millrace $*' is refused without a word"
}

help --help
for words in check simulate live replay rehearse serve event exec process plc debug "check x" "simulate x" "exec t1 plc1" \
    "process list" "process run" "process run water-treatment" "process run power-grid" "process derivatives" \
    "plc compile" "plc run" "plc disassemble" "plc diff" "plc blocks" "plc format" "plc library" \
    "event status" "event ledger" "event accounts" "event verify" "event rebuild" "debug state" "debug restore" "debug record"; do
    # shellcheck disable=SC2086
    help $words --help
done

site=content/sites/water-treatment scene=content/scenarios/first-night
while read -r words; do
    # shellcheck disable=SC2086
    wrong $words
done <<CALLS

dance
check
check --dance
simulate
simulate $site twice
simulate $site --dance
simulate $site --for
simulate $site --for 0
simulate $site --for -5m
simulate $site --for 12
simulate $site --for 999999999999h
simulate $site --for 2000000h
simulate $site --every 300ms
simulate $site --seed -1
simulate $site --seed 1.5
simulate $site --seed 18446744073709551616
simulate $site --at 5 LIT101=1
live
live $site --network dance
live $site --speed nan
live $site --speed 0
live $site --port-offset 65001
live $site --uid 4294967296
replay
replay x --until dance
rehearse
rehearse $scene --seeds 0
rehearse $scene --player nobody
rehearse $scene --first 18446744073709551615 --seeds 2
serve
serve content/events/demo --port 0
serve content/events/demo --port 65536
serve content/events/demo --speed 0
serve content/events/demo --port-offset 40001
serve content/events/demo --start-after 721h
event
event dance --state $tmp
event status
exec t1 plc1
exec t1 plc1 --
process
process dance
process run dance --for 1s --csv -
process run water-treatment --csv -
process run water-treatment --for 1s
process run water-treatment --for 1s --csv - --set DANCE=1
process run water-treatment --for 1s --csv - --set LIT101=1
process run water-treatment --for 1s --csv - --step 0s
process run water-treatment --for 1s --csv - --noise maybe
plc
plc dance x
plc compile
plc run x.st --for 1s
plc run x.st --for 1s --scan 0s
debug
debug dance x
CALLS

# --- files ---
mkdir "$tmp/bad" "$tmp/bad/folder"
: >"$tmp/bad/empty.yaml"
head -c 3000 /dev/urandom >"$tmp/bad/binary.yaml"
printf 'site: x\n\tb: 1\n' >"$tmp/bad/tab.yaml"
printf 'site: "a\377"\n' >"$tmp/bad/latin1.yaml"
printf 'site: x\0\n' >"$tmp/bad/nul.yaml"
printf 'site: &a x\ntitle: *a\n' >"$tmp/bad/alias.yaml"
printf 'site: x\nsite: y\n' >"$tmp/bad/twice.yaml"
printf 'site: x\n<<: {a: b}\n' >"$tmp/bad/merge.yaml"
printf 'site: !tag x\n' >"$tmp/bad/tagged.yaml"
printf -- '- a\n' >"$tmp/bad/list.yaml"
printf '\357\273\277site: x\r\ntitle: 5\r\n' >"$tmp/bad/windows.yaml"
{ printf 'site: '; head -c 100000 /dev/zero | tr '\0' '['; } >"$tmp/bad/deep.yaml"
{ printf 'site: x\n'; head -c 1100000 /dev/zero | tr '\0' '#'; } >"$tmp/bad/huge.yaml"
for file in "$tmp"/bad/*.yaml; do
    for command in check simulate live serve rehearse; do
        state=()
        case $command in live | serve) state=(--state "$tmp/state") ;; esac
        status 1 "$command" "$file" "${state[@]}"
        head -1 "$tmp/err" | grep -qE "^$file:[0-9]+:[0-9]+: error: ." || fail "millrace $command ${file##*/}: $(head -1 "$tmp/err" | head -c 200)"
        [ "$(wc -c <"$tmp/err")" -lt 10000 ] || fail "millrace $command ${file##*/}: $(wc -c <"$tmp/err") bytes of messages"
    done
    status 1 replay "$file"
    status 1 debug record "$file"
done
for command in simulate live serve rehearse replay; do
    status 1 "$command" "$tmp/bad/folder"
    status 1 "$command" "$tmp/bad/nothing"
    grep -q error "$tmp/err" || grep -q "cannot be read" "$tmp/err" || fail "millrace $command nothing: $(cat "$tmp/err")"
done
[ ! -e "$tmp/state/record" ] && [ ! -e "$tmp/state/event" ] || fail "a wrong file, yet something was begun in --state: $(ls "$tmp/state")"
status 1 simulate "$site" --for 1m --csv /dev/full
grep -q 'cannot write /dev/full: No space left on device' "$tmp/err" || fail "a full disk is said to be: $(cat "$tmp/err")"
status 1 simulate "$site" --for 1s --save "$tmp/nowhere/saved"
status 1 simulate "$site" --for 1s --pcap "$tmp/nowhere/captures"
status 1 simulate "$site" --for 1s --from "$tmp/bad/binary.yaml"
if [ -w /dev/full ] && "$millrace" process list >/dev/full 2>/dev/null; then fail "what was printed is lost, yet the status is 0"; fi
[ "$failures" = 0 ] && echo "cli_words: passed"
exit $((failures > 0))
