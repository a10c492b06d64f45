#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   tests/isolated_determinism_test.sh RAFT_TESTS RAFT_JUDGE NODE_HOST LIBRARY [SEEDS]
#
# The same seed gives the same run hash and verdict with the servers in the run's own process and with each
# in a locked-down process of its own: every test, with the strategies random, pct and fifo, with one job
# and with two. Fails, and shows where, if a hash differs. Without a sandbox: the processes are the same.
set -uo pipefail

local=$1
isolated=("$2" --node-host "$3" "$4")
seeds=${5:-2}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

"$local" --list | sed -E 's/.*"test":"([^"]*)".*/\1/' >"$work/tests"
for strategy in random pct fifo; do
  for ((seed = 1; seed <= seeds; ++seed)); do
    sed -E "s/.*/{\"id\":0,\"test\":\"&\",\"seed\":$seed,\"strategy\":\"$strategy\"}/" "$work/tests"
  done
done >"$work/jobs"

# run JOBS PROGRAM [WORD...]: "test seed strategy verdict hash" a line, sorted; the fields of an answer come in
# alphabetical order.
run() {
  local jobs=$1 program=$2
  shift 2
  "$program" --worker --jobs "$jobs" "$@" <"$work/jobs" | sed -E \
    's/.*"hash":"([^"]*)".*"seed":([0-9]+).*"strategy":"([^"]*)".*"test":"([^"]*)".*"verdict":"([^"]*)".*/\4 \2 \3 \5 \1/' |
    sort
}
run 2 "$local" >"$work/local"
run 1 "${isolated[@]}" >"$work/one"
run 2 "${isolated[@]}" >"$work/two"

runs=$(wc -l <"$work/local")
if [[ $runs -eq 0 || $runs -ne $(wc -l <"$work/jobs") ]] || ! diff "$work/local" "$work/one" ||
  ! diff "$work/local" "$work/two"; then
  echo "a run differs between one process (<) and isolated servers (>): see above" >&2
  exit 1
fi
echo "isolated_determinism: $runs runs have the same hash and verdict in one process and isolated, twice"
