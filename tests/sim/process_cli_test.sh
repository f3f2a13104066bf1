#!/bin/sh
# millrace process: what it prints, and what it says to mistakes. $1: the binary.
set -u
millrace=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

expect() { # description, wanted, got
    if [ "$2" != "$3" ]; then
        echo "FAILED: $1: expected '$2', got '$3'"
        failed=1
    fi
}
status() {
    "$@" >"$dir/out" 2>"$dir/err"
    echo $?
}

expect "help" 0 "$(status "$millrace" process --help)"
expect "help in a subcommand" 0 "$(status "$millrace" process run --help)"
expect "list" 0 "$(status "$millrace" process list)"
expect "LIT101 in the list" 1 "$(grep -c '^  LIT101 ' "$dir/out")"
expect "list as JSON" 0 "$(status "$millrace" process list --json)"
expect "nothing said" 2 "$(status "$millrace" process)"
expect "unknown model" 2 "$(status "$millrace" process run water-treatmen --for 1s --csv -)"
expect "did you mean" 1 "$(grep -c "did you mean 'water-treatment'" "$dir/err")"
expect "unknown variable" 2 "$(status "$millrace" process run water-treatment --for 1s --csv - --set MV101.opn=1)"
expect "did you mean" 1 "$(grep -c "did you mean 'MV101.open'" "$dir/err")"
expect "a pump, not its variable" 2 "$(status "$millrace" process run water-treatment --for 1s --csv - --set P101=1)"
expect "did you mean" 1 "$(grep -c "did you mean 'P101.run'" "$dir/err")"
expect "a sensor cannot be set" 2 "$(status "$millrace" process run water-treatment --for 1s --csv - --set LIT101=1)"
expect "a number is needed" 2 "$(status "$millrace" process run water-treatment --for 1s --csv - --set P101.run=on)"
expect "inside the limits" 2 "$(status "$millrace" process run water-treatment --for 1s --csv - --set P101.speed=101)"
expect "a unit is needed" 2 "$(status "$millrace" process run water-treatment --for 10 --csv -)"
expect "an operand is needed" 2 "$(status "$millrace" process run water-treatment --csv - --for)"
expect "no step of nothing" 2 "$(status "$millrace" process run water-treatment --for 1s --step 0 --csv -)"
expect "no file" 2 "$(status "$millrace" process run water-treatment --for 1s)"
expect "a file that cannot be" 1 "$(status "$millrace" process run water-treatment --for 1s --csv "$dir/none/file")"
expect "a full disk" 1 "$(status "$millrace" process run water-treatment --for 1m --csv /dev/full)"

run() {
    "$millrace" process run water-treatment --for 10m --step 1s "$@"
}
# 0.1 m3/h more in than out, 1.5 m2: 66.667 mm in an hour; the pump off at 5 min adds 2.45 m3/h: 136.1 mm but for its run-down.
run --noise off --csv "$dir/a" --at 5m P101.run=0
expect "rows" 602 "$(wc -l <"$dir/a" | tr -d ' ')"
expect "the first column" time_s "$(head -1 "$dir/a" | cut -d, -f1)"
expect "the second" LIT101 "$(head -1 "$dir/a" | cut -d, -f2)"
expect "LIT101 at the end" 797 "$(tail -1 "$dir/a" | cut -d, -f2 | cut -d. -f1)"
run --csv "$dir/b" --seed 5
run --csv "$dir/c" --seed 5
run --csv "$dir/d" --seed 6
expect "one seed, one file" 0 "$(status cmp "$dir/b" "$dir/c")"
expect "another seed, another" 1 "$(status cmp "$dir/b" "$dir/d")"
expect "every minute" 12 "$(run --csv - --every 1m | wc -l | tr -d ' ')"
[ $failed = 0 ] && echo passed
exit $failed
