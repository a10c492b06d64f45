#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   bench/time_suite.sh [RAFT_TESTS]
#
# What one pass of the whole of lab 2 costs: every test of 2A to 2D once, with one seed, in worker mode,
# one after another. Five passes, with the seeds 1 to 5. Prints the CPU seconds of each pass (user and
# system time of the worker and of all its runs, forks and oracles included), their median, and the five
# tests that cost most (CPU milliseconds of a test's own process, median over the seeds).
# The program is build/release/tests/raft_tests unless another is named. Fails if a test does not pass.
set -uo pipefail

tests=${1:-$(dirname "$0")/../build/release/tests/raft_tests}
seeds=(1 2 3 4 5)
[[ -x $tests ]] || { echo "$0: there is no program $tests; build it, or name it" >&2; exit 2; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# median: of the numbers on standard input, one a line.
median() { sort -g | awk '{ a[NR] = $1 } END { print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'; }

"$tests" --list | sed -E 's/.*"test":"([^"]*)".*/\1/' >"$work/tests"
echo "$(wc -l <"$work/tests") tests, seeds ${seeds[*]}"
for seed in "${seeds[@]}"; do
  sed -E "s/.*/{\"id\":0,\"test\":\"&\",\"seed\":$seed,\"strategy\":\"mix\",\"log\":false}/" \
    "$work/tests" >"$work/jobs"
  TIMEFORMAT='%U %S'
  { time "$tests" --worker --jobs 1 <"$work/jobs" >"$work/answers"; } 2>"$work/time"
  # "test verdict cpu_ms" a line; the fields of an answer come in alphabetical order.
  sed -E 's/.*"cpu_ms":([^,]*),.*"test":"([^"]*)".*"verdict":"([^"]*)".*/\2 \3 \1/' \
    "$work/answers" | tee -a "$work/results" >"$work/pass"
  tail -n 1 "$work/time" | awk -v seed="$seed" -v runs="$(awk '{ s += $3 } END { print s / 1000 }' "$work/pass")" \
    '{ printf "seed %d: %.3f s of CPU (user %.3f, system %.3f); in the runs themselves %.3f\n", seed, $1 + $2, $1, $2, runs }' |
    tee -a "$work/passes"
done
echo "median: $(sed -E 's/.*: ([0-9.]+) s of CPU.*/\1/' "$work/passes" | median) s of CPU a pass"
echo "the most expensive tests, in ms of CPU:"
while read -r name; do
  echo "$(awk -v name="$name" '$1 == name { print $3 }' "$work/results" | median) $name"
done <"$work/tests" | sort -rg | head -n 5 | awk '{ printf "  %8.1f  %s\n", $1, $2 }'
if grep -v ' pass ' "$work/results" >"$work/failed"; then
  echo "not passed, so the figures mean little:"
  sed 's/^/  /' "$work/failed"
  exit 1
fi
