#!/usr/bin/env bash
# tshark decodes every frame of a simulated capture: none malformed, no wrong checksum, and Modbus is there.
set -euo pipefail
command -v tshark >/dev/null || { echo "SKIP: no tshark"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$1" simulate content/sites/water-treatment --scenario first-night --for 6m --pcap "$tmp" >/dev/null
for f in "$tmp"/*.pcapng; do
    bad=$(tshark -n -r "$f" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -Y '_ws.malformed || _ws.expert.severity == "Error" || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad"' 2>/dev/null | head -5)
    [ -z "$bad" ] || { echo "FAIL: ${f##*/}:"; echo "$bad"; exit 1; }
done
n=$(tshark -n -r "$tmp/control.pcapng" -Y mbtcp 2>/dev/null | wc -l)
[ "$n" -gt 1000 ] || { echo "FAIL: only $n Modbus frames in the control zone"; exit 1; }
echo "$n Modbus frames in the control zone, none malformed"
