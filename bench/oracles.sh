#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   bench/oracles.sh [SEEDS [ROUNDS]]
#
# What it costs to watch every message: all tests of 2A to 2D with SEEDS seeds each (default 3), with the
# message oracles and without, in turns, ROUNDS times (default 5). Prints the medians of the CPU seconds
# (user time of the program and of all its runs) and their ratio, which should stay below 1.5.
# Needs ninja -C build/release raft_tests raft_tests_unwatched.
set -euo pipefail

seeds=${1:-3} rounds=${2:-5}
build=$(dirname "$0")/../build/release
programs=("$build/tests/raft_tests" "$build/bench/raft_tests_unwatched")
for program in "${programs[@]}"; do
  [[ -x $program ]] || { echo "$0: there is no program $program; build it first" >&2; exit 2; }
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

TIMEFORMAT='%U'
for _ in $(seq "$rounds"); do
  for i in 0 1; do
    { time "${programs[i]}" --gtest_filter='Raft2*' --seeds "$seeds" >"$work/out" 2>&1; } 2>>"$work/$i" ||
      { cat "$work/out"; exit 1; }
  done
done
median() { sort -g "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
awk -v with="$(median "$work/0")" -v without="$(median "$work/1")" -v seeds="$seeds" \
  'BEGIN { printf "%d seeds: %.2f s of CPU with the message oracles, %.2f s without: %.2f times\n",
           seeds, with, without, with / without }'
