#!/usr/bin/env bash
# Scenarios keep what is promised of all of them: idle 20 points or less, reference 90 or more, vandal 30 or less.
set -euo pipefail
for scenario in first-night second-key dark-north; do
    "$1" rehearse "content/scenarios/$scenario" --seeds 2 --json | jq -e '
      length >= 6 and
      all(.[]; (.by_source | add) - .total | fabs < 0.01) and
      all(.[] | select(.player == "idle"); .total <= 20) and
      all(.[] | select(.player == "reference"); .total >= 90) and
      all(.[] | select(.player == "vandal"); .total <= 30)' || { echo "FAIL: $scenario"; exit 1; }
done
