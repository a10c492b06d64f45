#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
# The tool from outside: its commands, its complaints, its exit codes, against fake_tests in place of the
# test programs, and testdata/ in place of the handout. Arguments: the tool, fake_tests, testdata.
set -uo pipefail
tool=$1 fake=$2 testdata=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build/tests" "$work/root/handout" "$work/state"
ln -s "$fake" "$work/build/tests/raft_tests"
cp "$testdata"/*.csv "$work/root/handout/"
export RAFTLAB_ROOT=$work/root RAFTLAB_BUILD=$work/build FAKE_STATE=$work/state
failures=0

fail() {
  echo "FAILED: $1"
  sed 's/^/    | /' "$work/output"
  failures=$((failures + 1))
}

# expect EXIT_CODE TEXT ARGUMENT...: the tool ends so, and its output has the text.
expect() {
  local code=$1 text=$2 got=0
  shift 2
  timeout 60 "$tool" "$@" >"$work/output" 2>&1 </dev/null || got=$?
  [[ $got == "$code" ]] || fail "raftlab $*: exit code $got, wanted $code"
  grep -qF -- "$text" "$work/output" || fail "raftlab $*: wanted the text: $text"
}

# with NAME=VALUE...: until the next call, for what expect runs.
with() {
  unset FAKE_RULES FAKE_LIST FAKE_ONLY FAKE_SLEEP
  [[ $# == 0 ]] || export "$@"
}

with
expect 0 '28 tests, 280 runs: 28 passed' test
expect 0 '3 tests, 600 runs: 3 passed' test 2A --seeds 200 --jobs 3
expect 0 '0 failures in 200 seeds: a bug that shows in more than 1.5%' test 2A --seeds 200
expect 0 '28 tests, 28 runs' test lab2 --seed 5
expect 0 '2 tests, 202 runs' test '*churn' --seeds 100..200
expect 0 '4 tests, 40 runs' test 2A backup
expect 0 'Raft2B.Backup' list 2B
expect 0 '--strategy' test --help
expect 0 'caps the factor at 0.5' grade --help

# Failures.
with FAKE_RULES='Raft2B.Backup:4:safety;Raft2B.Backup:7:liveness;Raft2B.Count:2:skip'
expect 1 '2 of 10 seeds failed: safety 1 (seed 4), liveness 1 (seed 7)' test 2B
expect 1 'replay it: ./lab replay Raft2B.Backup --seed 4 --strategy fifo' test 2B --strategy fifo
expect 0 '9/9' test Count
with FAKE_RULES='Raft2B.Backup:1:contract' # with invalid UTF-8 and an escape in its report
expect 1 'contract' test Backup --junit "$work/junit.xml" --json "$work/results.json"
grep -q $'\x1b' "$work/output" && fail "an escape reached the terminal"
grep -q 'schema": "raftlab-results-1' "$work/results.json" || fail "no JSON"
grep -q '<failure type="contract"' "$work/junit.xml" || fail "no JUnit"

# Faults of ours.
with FAKE_RULES='Raft2A.ReElection:3:die'
expect 3 'was killed by signal 9 (Killed) while this run was under way' test 2A
with FAKE_RULES='Raft2A.ReElection:3:die-once'
expect 0 'repeated after a framework fault' test 2A
with FAKE_RULES='*:*:exit'
expect 3 'the rest is not run' test 2A
with FAKE_RULES='*:1:framework-fault;*:2:safety'
expect 3 'it costs no points' test InitialElection
with FAKE_LIST=$'Hello, world\n'
expect 3 'printed a line that is not a test: Hello, world' test 2A
with FAKE_ONLY=nothing
expect 3 'printed no test' test 2A
with FAKE_LIST='{"test":"Raft9Z.X","stage":"9Z"}'
expect 3 'which handout/stages.csv does not have' test 2A
with
RAFTLAB_BUILD=$work/none expect 3 'there is no test program at' test 2A
RAFTLAB_ROOT=$work/none expect 3 'handout/stages.csv' test 2A

# Wrong words.
expect 2 'no test or stage is called Raft2B.Bakcup; the nearest is Raft2B.Backup. `./lab list`' \
  test Raft2B.Bakcup
expect 2 'no test or stage is called 2E; the nearest is 2A.' test 2E
expect 2 'there is no command tset; the nearest is test.' tset
expect 2 'test has no option --sedes; the nearest is --seeds;' test --sedes 3
expect 2 'no strategy is called fiffo; the nearest is fifo.' test --strategy fiffo
expect 2 '--seeds needs a value; `./lab test --help` shows all.' test --seeds
expect 2 'b is a word too many' replay a b
expect 2 'begin with a command' --verbose
expect 2 '--seed abc: a seed is a whole number' test 2A --seed abc
expect 2 'a seed is a whole number' test 2A --seed -1
expect 2 'too large' test 2A --seed 99999999999999999999
expect 2 '--seeds 0: the number of seeds is at least 1.' test 2A --seeds 0
expect 2 'write the smaller seed first' test 2A --seeds 9..3
expect 2 '--jobs 0: the number of jobs is at least 1.' test 2A --jobs 0
expect 2 'give one of the two options' test 2A --seed 1 --seeds 2
expect 2 'No such file or directory' test 2A --json "$work/no/such/file"
expect 2 'it is a folder' test 2A --junit "$work"
grep -q verdict "$work/output" && fail "it ran before it looked at the file"

# Replay becomes the test program.
expect 0 '--replay Raft2B.Backup --seed 17 --strategy mix' replay backup --seed 17
expect 0 '--strategy pct --log VOTE,TERM --node 2 --from 1.5 --until 3 --check-determinism' replay \
  Raft2B.Backup --seed 17 --strategy pct --log VOTE,TERM --node n2 --from 1.5s --until 3 \
  --check-determinism
with FAKE_RULES='Raft2B.Backup:17:safety'
expect 1 '--replay Raft2B.Backup' replay Raft2B.Backup --seed 17
with
expect 2 'which run? Name its seed' replay Raft2B.Backup
expect 2 '2B names 10 tests' replay 2B --seed 17
expect 2 'the nearest is Raft2B.Backup' replay Raft2B.Bakup --seed 17
expect 2 '--node 3: nodes are numbered from 0 to 2.' replay Raft2B.Backup --seed 17 --node 3
expect 2 '--from x: a time is in virtual seconds' replay Raft2B.Backup --seed 17 --from x
expect 2 '--until 1 is before --from 2' replay Raft2B.Backup --seed 17 --from 2 --until 1
(
  mkdir "$work/bin"
  for program in timeout grep sed bash; do ln -s "$(command -v $program)" "$work/bin/"; done
  PATH=$work/bin
  expect 3 'gdb is not installed' replay Raft2B.Backup --seed 17 --gdb
  printf '#!/bin/bash\nprintf "[%%s]" "$@"\n' >"$work/bin/gdb"
  chmod +x "$work/bin/gdb" 2>/dev/null || /bin/chmod +x "$work/bin/gdb"
  expect 0 'raft_tests][--replay][Raft2B.Backup][--seed][17][--strategy][mix][--no-fork]' replay \
    Raft2B.Backup --seed 17 --gdb
  exit $failures
)
failures=$?

# Grading.
expect 0 'lab 2: 100.0%' grade --reference --seeds 4 --out "$work/grades"
for file in scores.txt results.json results.xml; do
  [[ -s $work/grades/$file ]] || fail "no $file"
done
with FAKE_RULES='Raft2A.ReElection:3:safety'
expect 1 '20.0 of 40.0' grade --reference
with FAKE_RULES='Raft2A.ReElection:*:framework-fault'
expect 3 'lab 2: 100.0%' grade --reference --seeds 2
with
expect 0 '3 tests, 6 runs: 3 passed' grade --reference --stages 2A --seeds 2
expect 2 'there is no stage 2E; the nearest is 2A.' grade --reference --stages 2E
expect 2 'it goes with neither submissions nor their options' grade --reference --raft reference
expect 2 'where are the grades to go?' grade submissions/
expect 2 'what is to be graded?' grade
sed -i '/Backup/d' "$work/root/handout/rubric.csv"
expect 3 'the test Raft2B.Backup has no row' grade --reference
expect 0 'Raft2B.Backup' list 2B
cp "$testdata/rubric.csv" "$work/root/handout/"
with FAKE_ONLY=2A
expect 3 'the row Raft2B.Backup has no test' grade --reference

# Release becomes handout/release.sh.
echo 'printf "[%s]" "$@"' >"$work/root/handout/release.sh"
expect 0 "[2A][$work/handout.tar.gz]" release 2A --out "$work/handout.tar.gz"
expect 0 "[--update][--no-verify][2B][$PWD/update-2B.tar.gz]" release --update 2B --no-verify
expect 0 "[--update][--previous][$work/output][2B][" release --update 2B --previous "$work/output"
expect 0 'refused while a tracked file differs' release --help
expect 2 'which stage?' release
expect 2 'no stage is called 9Z.' release 9Z --out "$work/handout.tar.gz"
expect 2 'no stage is called 2a; the nearest is 2A.' release 2a
expect 2 '2A is the first stage' release --update 2A
expect 2 'add --update' release 2A --previous "$work/output"
expect 2 'cannot read --previous' release --update 2B --previous "$work/none"
expect 2 'it is a folder' release 2A --out "$work"
expect 2 'No such file or directory' release 2A --out "$work/no/such/file"
[[ ! -e $work/handout.tar.gz ]] || fail "a check of --out left a file"

# Ctrl-C: what is known is printed, and the files are written.
with FAKE_SLEEP=50
"$tool" test 2A --seeds 1000 --json "$work/part.json" >"$work/output" 2>&1 &
pid=$!
sleep 1
kill -INT $pid
wait $pid
[[ $? == 130 ]] || fail "the exit code after Ctrl-C is not 130"
grep -q '^Interrupted: .* runs not done' "$work/output" || fail "nothing about the interruption"
grep -q '"interrupted_by": 2' "$work/part.json" || fail "no JSON after the interruption"

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
