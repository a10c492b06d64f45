#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   tests/determinism_test.sh RAFT_TESTS [OTHER_RAFT_TESTS]
#
# The same seed gives the same run hash: in a suite with one job and with two, and alone; and in another
# build of the program, if one is named. Fails, and shows where, if a hash differs.
set -uo pipefail

program=$1
other=${2:-$1}
seeds=5
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

"$program" --list | sed -E 's/.*"test":"([^"]*)".*/\1/' >"$work/tests"
for ((seed = 1; seed <= seeds; ++seed)); do
  sed -E "s/.*/{\"id\":0,\"test\":\"&\",\"seed\":$seed,\"strategy\":\"mix\"}/" "$work/tests"
done >"$work/jobs"

# run PROGRAM JOBS: "test seed hash" a line, sorted; the fields of an answer come in alphabetical order.
run() {
  "$1" --worker --jobs "$2" <"$work/jobs" |
    sed -E 's/.*"hash":"([^"]*)".*"seed":([0-9]+).*"test":"([^"]*)".*/\3 \2 \1/' | sort
}
run "$program" 1 >"$work/one"
run "$other" 2 >"$work/two"
while read -r test seed hash; do
  alone=$("$program" --replay "$test" --seed "$seed" --log FAIL | sed -nE 's/.*hash ([0-9a-f]+)$/\1/p')
  echo "$test $seed ${alone:-none}"
done < <(awk 'NR % 7 == 1' "$work/one") >"$work/alone"

pairs=$(wc -l <"$work/one")
if [[ $pairs -ne $(wc -l <"$work/jobs") ]] || ! diff "$work/one" "$work/two" ||
  ! diff <(awk 'NR % 7 == 1' "$work/one") "$work/alone"; then
  echo "the same seed ran differently: see the hashes above" >&2
  exit 1
fi
echo "determinism: $pairs pairs of test and seed have the same hash twice, $(wc -l <"$work/alone") of them alone"
