#!/usr/bin/env bash
# The first scenario keeps its author's promises: idle 20 points or less, reference 90 or more, vandal 30 or less.
set -euo pipefail
"$1" rehearse content/scenarios/first-night --seeds 2 --json | jq -e '
  length >= 6 and
  all(.[]; (.by_source | add) - .total | fabs < 0.01) and
  all(.[] | select(.player == "idle"); .total <= 20) and
  all(.[] | select(.player == "reference"); .total >= 90) and
  all(.[] | select(.player == "vandal"); .total <= 30)'
