#!/bin/sh
# millrace check from outside: exit status, where its words go, folders, and the example of docs/authoring/README.md.
set -eu
millrace=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() {
    echo "check_cli_test: $1" >&2
    exit 1
}
# status WANTED COMMAND...
status() {
    want=$1
    shift
    got=0
    "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
    [ "$got" = "$want" ] || fail "'$*' gave $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}

status 0 "$millrace" check --help
grep -q '^usage: millrace check PATH' "$tmp/out" || fail "--help says no usage"
status 2 "$millrace" check
status 2 "$millrace" check --wrong
status 1 "$millrace" check "$tmp/nothing.yaml"
status 1 "$millrace" check "$tmp"

# everything in content/ is right, by file and by folder
status 0 "$millrace" check content
for file in content/sites/water-treatment/site.yaml content/scenarios/first-night/scenario.yaml content/events/demo/event.yaml \
    content/events/nineteen/event.yaml; do
    grep -q "^$file: ok: " "$tmp/out" || fail "nothing is said about $file"
done
status 0 "$millrace" check content/events/demo/

# a copy elsewhere finds personalities and sites in ./content; a mistake in it is told with file, line and column
cp -r content/sites/water-treatment "$tmp/works"
status 0 "$millrace" check "$tmp/works/site.yaml"
sed 's/LIT101: "%IW0"/LIT110: "%IW0"/' content/sites/water-treatment/site.yaml >"$tmp/works/site.yaml"
line=$(grep -n 'LIT110: "%IW0"' "$tmp/works/site.yaml" | cut -d: -f1)
status 1 "$millrace" check "$tmp/works/site.yaml"
want="$tmp/works/site.yaml:$line:7: error: device 'plc1' wires tag 'LIT110', which process model 'water-treatment' does not have; did you mean 'LIT101'?"
grep -qxF "$want" "$tmp/err" || fail "expected '$want', got '$(cat "$tmp/err")'"

# a program that is a folder, and, for whom files are closed, one that may not be read
sed 's#plc/stage1.st#plc#' content/sites/water-treatment/site.yaml >"$tmp/works/site.yaml"
status 1 "$millrace" check "$tmp/works/site.yaml"
grep -qE "site.yaml:[0-9]+:15: error: 'plc' names .*/plc: it is a folder, where a file is wanted$" "$tmp/err" || fail "a folder: $(cat "$tmp/err")"
cp content/sites/water-treatment/site.yaml "$tmp/works/site.yaml"
chmod 0 "$tmp/works/plc/stage1.st"
if ! cat "$tmp/works/plc/stage1.st" >/dev/null 2>&1; then
    status 1 "$millrace" check "$tmp/works/site.yaml"
    grep -q "stage1.st: there is no permission to read it$" "$tmp/err" || fail "a closed file: $(cat "$tmp/err")"
fi

# the other sentence of the sketch: a quantity in the wrong unit
mkdir -p "$tmp/content/scenarios"
cp -r content/sites content/personalities "$tmp/content/"
cp -r content/scenarios/first-night "$tmp/content/scenarios/"
sed -i 's/to: 4.6 pH/to: 9.4 bar/' "$tmp/content/scenarios/first-night/scenario.yaml"
status 1 "$millrace" check "$tmp/content/scenarios/first-night"
grep -qE "scenario.yaml:[0-9]+:[0-9]+: error: '9.4 bar' for tag AIT202.setpoint: expected a quantity in pH$" "$tmp/err" ||
    fail "no word about 9.4 bar: $(cat "$tmp/err")"

# a controller that reads an outstation of DNP3 is one master more: by hand, HMI, historian and this one of two
bench=$tmp/content/sites/protocol-bench/site.yaml
sed -i 's/{from: line-s7, over: s7, symbol: B_REAL/{from: line-dnp3, over: dnp3, symbol: B_REAL/' "$bench"
status 1 "$millrace" check "$bench"
grep -qE "site.yaml:160:14: error: 3 stations and controllers ask 'line-dnp3' over DNP3, which has 2 masters; give it one for each$" \
    "$tmp/err" || fail "no word about a third master: $(cat "$tmp/err")"
sed -i '160s/masters: \[1, 2\]/masters: [1, 2, 3]/' "$bench"
status 0 "$millrace" check "$bench"
echo "check_cli_test: ok"
