#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   bench/isolation.sh [BUILD]
#
# What isolation costs: one pass of the whole of lab 2, every test of 2A to 2D once with one seed, in worker
# mode, one after another; with the servers in the run's own process, and with each life of each server in a
# locked-down process of its own. Five passes of each, with the seeds 1 to 5. Prints the CPU seconds of each
# pass (user and system time of all its processes), how many lives of servers it had, the medians, and their
# ratio. Without bubblewrap, which starts a program's node host once, does nothing later, and keeps the times of
# what runs in it to itself. The programs are those of build/release unless another build is named. Fails if a test does not pass.
set -uo pipefail

build=${1:-$(dirname "$0")/../build/release}
seeds=(1 2 3 4 5)
local=$build/tests/raft_tests judge=$build/tests/raft_judge
host=$build/tests/node_host library=$build/raft/libraft_server.so
for file in "$local" "$judge" "$host" "$library"; do
  [[ -e $file ]] || { echo "$0: there is no $file; build it, or name a build" >&2; exit 2; }
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# median: of the numbers on standard input, one a line.
median() { sort -g | awk '{ a[NR] = $1 } END { print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'; }

# pass NAME PROGRAM [WORD...]: runs the jobs, prints the CPU seconds and remembers them in $work/NAME.
pass() {
  local name=$1 program=$2
  shift 2
  TIMEFORMAT='%U %S'
  { time "$program" --worker --jobs 1 "$@" <"$work/jobs" >"$work/answers"; } 2>"$work/time"
  # "test verdict events" a line; the fields of an answer come in alphabetical order.
  sed -E 's/.*"events":([0-9]+).*"test":"([^"]*)".*"verdict":"([^"]*)".*/\2 \3 \1/' "$work/answers" \
    >>"$work/results"
  tail -n 1 "$work/time" | awk -v name="$name" \
    '{ printf "  %s: %.3f s of CPU (user %.3f, system %.3f)\n", name, $1 + $2, $1, $2 }'
  tail -n 1 "$work/time" | awk '{ print $1 + $2 }' >>"$work/$name"
}

"$local" --list | sed -E 's/.*"test":"([^"]*)".*/\1/' >"$work/tests"
echo "$(wc -l <"$work/tests") tests, seeds ${seeds[*]}"
for seed in "${seeds[@]}"; do
  sed -E "s/.*/{\"id\":0,\"test\":\"&\",\"seed\":$seed,\"strategy\":\"mix\",\"log\":false}/" \
    "$work/tests" >"$work/jobs"
  lives=$(while read -r name; do "$local" --replay "$name" --seed "$seed" --log BOOT; done <"$work/tests" |
    grep -c ' BOOT ')
  echo "seed $seed: $lives lives"
  pass in-process "$local"
  pass isolated "$judge" --node-host "$host" "$library"
done
echo "medians: $(median <"$work/in-process") s of CPU a pass in-process, $(median <"$work/isolated") s isolated"
echo "$(median <"$work/isolated") $(median <"$work/in-process")" | awk '{ printf "ratio: %.2f\n", $1 / $2 }'
if grep -v ' pass ' "$work/results" >"$work/failed"; then
  echo "not passed, so the figures mean little:"
  sed 's/^/  /' "$work/failed"
  exit 1
fi
