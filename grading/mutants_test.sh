#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   mutants_test.sh RAFTLAB ROOT
#
# `./lab mutants` on a zoo of a few, made here from the reference solution: who lives, who dies, what cannot
# be built, and that it goes on after an interruption. The build is the tool's own.
set -uo pipefail
tool=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
zoo=$work/zoo
mkdir -p "$zoo/mutants" "$zoo/control" "$work/a/raft" "$work/b/raft"
failures=0

fail() {
  echo "FAILED: $1"
  sed 's/^/    | /' "$work/output"
  failures=$((failures + 1))
}

# mutant NAME HARD SED FILE: the reference after SED; fails if that changes nothing.
mutant() {
  cp "$root/raft/$4" "$work/a/raft/$4"
  sed "$3" "$root/raft/$4" >"$work/b/raft/$4"
  {
    printf '%s\n' "Number: ${1%%_*}" "Title: $1" 'Rule: Figure 2' 'Class: liveness' "Hard: $2" 'Stage: 2A' \
      'Killed by: InitialElection' 'Message: leader' ''
    (cd "$work" && diff -u "a/raft/$4" "b/raft/$4") && echo "FAILED: $1 changes nothing"
  } >"$zoo/mutants/$1.patch"
  grep -q '^FAILED' "$zoo/mutants/$1.patch" && fail "$1 is the reference"
}

# control NAME SED
control() {
  mkdir -p "$zoo/control/$1/raft"
  cp "$root"/raft/{raft.h,raft.cc,messages.h} "$zoo/control/$1/raft/"
  sed -i "$2" "$zoo/control/$1/raft/raft.cc"
  echo "The reference, or nearly." >"$zoo/control/$1/about.txt"
}

# expect EXIT_CODE TEXT ARGUMENT...: the command ends so, and its output has the text.
expect() {
  local code=$1 text=$2 got=0
  shift 2
  timeout 600 "$tool" mutants --zoo "$zoo" --out "$work/out" --jobs 1 "$@" >"$work/output" 2>&1 </dev/null ||
    got=$?
  [[ $got == "$code" ]] || fail "mutants $*: exit code $got, wanted $code"
  grep -qE -- "$text" "$work/output" || fail "mutants $*: wanted the text: $text"
}

# seeds JSON: each mutant's fate, and its tests with their seeds and verdicts.
seeds() { grep -vE '"(cpu_seconds|real_seconds)"|^ *[0-9.]+,?$' "$1"; }

mutant M1_no_votes 1 's/^  votes_.insert(peer);/  (void)peer;/' raft.cc
mutant M2_other_header 3 's/^  absl::Time election_deadline_/  int unused_ = 0;\n&/' raft.h
mutant M3_survivor 1 '$a// The same.' raft.cc
mutant M4_no_compile 1 '$a#error no' raft.cc
mutant M5_no_apply 2 '$a// The same.' raft.cc
sed -i 's/^ }.*/ } no/' "$zoo/mutants/M5_no_apply.patch"
control same ''
control deaf 's/^  votes_.insert(peer);/  (void)peer;/'

# Each fate alone.
expect 0 'M1_no_votes +2A  1  killed +Raft2A[.][A-Za-z]+ seed 1,' M1
expect 0 'M1_no_votes: first kill|The first failure names the rule for 1 of 1 \(100%\)' M1
expect 0 'M2_other_header +2A  3  open' M2 --seeds 1
expect 1 'M3_survivor: survived' M3 --quick
expect 1 'it does not compile' M4 --quick
grep -q 'error: #error no' "$work/output" || fail "the compiler is not heard"
expect 1 'it does not apply' M5 --quick
expect 0 'control-same +-  passed' 'control-same' --quick
expect 1 'control-deaf +-  failed' 'control-deaf' --quick

# All at once, with what is shown of it.
expect 1 '5 mutants: 1 killed, 1 open, 1 survived, 2 broken' --quick --sample monday
grep -q 'again: ./lab mutants --quick --sample monday' "$work/output" || fail "how is it repeated?"
for file in mutants.html mutants.json results/M1_no_votes.json; do
  [[ -s $work/out/$file ]] || fail "no $file"
done

# Interrupted and gone on with, it finds what it finds in one go.
: >"$work/output"  # what is awaited there must not be the last command's
"$tool" mutants --zoo "$zoo" --out "$work/out" --jobs 1 M1 same --seeds 5 >"$work/output" 2>&1 &
pid=$!
for ((i = 0; i < 600; ++i)); do
  grep -q '^M1' "$work/output" && break
  sleep 0.1
done
kill -INT $pid
wait $pid
[[ $? == 130 ]] || fail "the exit code after Ctrl-C is not 130"
grep -q 'go on from here' "$work/output" || fail "nothing about the interruption"
expect 0 '1 control: 1 passed' M1 same --seeds 5
cp "$work/out/mutants.json" "$work/in_parts.json"
rm -r "$work/out/results"
expect 0 '1 control: 1 passed' M1 same --seeds 5
[[ $(seeds "$work/in_parts.json") == "$(seeds "$work/out/mutants.json")" ]] ||
  fail "an interruption changes the result"

# What is known is not run again: a result that is edited stays.
sed -i 's/"message": "[^"]/&EDITED /' "$work/out/results/M1_no_votes.json"
expect 0 'killed' M1 --seeds 5
grep -q EDITED "$work/out/mutants.json" || fail "what was known was run again"
# Unless the mutant changes.
mutant M1_no_votes 1 's/^  votes_.insert(peer);/  (void)peer;  \/\/ Changed./' raft.cc
expect 0 'killed' M1 --seeds 5
grep -q EDITED "$work/out/mutants.json" && fail "what has changed was not run again"

# A service has its own tests; the Raft below it is the reference's.
cp "$root"/tests/mutants/{K01_no_duplicate_detection,M05_served_before_its_data_is_in}.patch "$zoo/mutants/"
mkdir -p "$zoo/control/service/kvraft" "$zoo/control/nothing"
cp "$root"/kvraft/{kv_messages.h,clerk.h,clerk.cc,kv_server.h,kv_server.cc} "$zoo/control/service/kvraft/"
echo '// The same.' >>"$zoo/control/service/kvraft/clerk.h"
echo "The reference." | tee "$zoo/control/service/about.txt" >"$zoo/control/nothing/about.txt"
expect 0 'K01_no_duplicate_detection +3A  1  killed +Kv3A[.][A-Za-z]+ seed 1,' K01 --quick
expect 0 'M05_served_before_its_data_is_in +4B  1  killed +Shard4B[.][A-Za-z]+ seed 1,' M05 --quick
expect 0 'control-service +-  passed' control-service --quick
expect 1 'it has no folder of a lab' control-nothing --quick
grep -q '"Raft2' "$work/out/results/control-service.json" && fail "a service ran the tests of lab 2"

# Wrong words.
expect 2 'no mutant is called M9' M9
expect 2 'no stage is called 2F' --stage 2F
expect 2 'it is how many, from seed 1 on' --seeds 3..5
expect 2 'give both' --sample monday

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
