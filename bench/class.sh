#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   bench/class.sh [--seeds N] [--jobs N] [--interrupt] [--work FOLDER] [NAME...]
#
# Makes the class of grading/class/class.csv, or these submissions of it, grades it for all stages of lab 2
# in one command, compares the verdicts with what the table expects, and says what it took. With
# --interrupt it grades a second time, is interrupted once by SIGINT and once by SIGKILL, goes on each time,
# and compares the result with the first one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seeds=5 jobs=2 interrupt=no work= names=()
while (($#)); do
  case $1 in
    --seeds) seeds=$2; shift 2 ;;
    --jobs) jobs=$2; shift 2 ;;
    --work) work=$2; shift 2 ;;
    --interrupt) interrupt=yes; shift ;;
    -*) sed -n 's/^# \{0,1\}//; 3,10p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
  esac
done
if [[ -z $work ]]; then
  work=$(mktemp -d "${TMPDIR:-/tmp}/raftlab-class.XXXXXX")
  trap 'rm -rf "$work"' EXIT
fi
raftlab=${RAFTLAB:-build/${LAB_PRESET:-release}/grading/raftlab}
[[ -x $raftlab ]] || { echo "class.sh: build first, by any ./lab command: there is no $raftlab." >&2; exit 2; }
class=grading/class/class.py

grade() { "$raftlab" grade "$work/submissions" --stages 2A,2B,2C,2D --seeds "$seeds" --jobs "$jobs" --out "$1"; }

# Runs the grading of $1 and sends it the signal $2 after $3 seconds; fails if it was over before.
grade_until() {
  setsid "$raftlab" grade "$work/submissions" --stages 2A,2B,2C,2D --seeds "$seeds" --jobs "$jobs" --out "$1" \
    >"$work/interrupted.log" 2>&1 &
  local pid=$!
  sleep "$3"
  if ! kill "-$2" "$pid"; then
    echo "class.sh: the grading was over before it could be interrupted." >&2
    return 1
  fi
  local code=0
  wait "$pid" || code=$?
  echo "interrupted by SIG$2 after $3 s: exit code $code, $(ls "$1/submissions" 2>/dev/null | wc -l) submissions graded"
}

"$class" make . "$work/submissions" ${names[@]+"${names[@]}"}
began=$SECONDS code=0
TIMEFORMAT='%R s of real time, %U s + %S s of CPU time'
time grade "$work/grades" || code=$?
((code <= 1)) || { echo "class.sh: ./lab grade ended with exit code $code." >&2; exit 1; }
real=$((SECONDS - began))
printf '%d submissions, %d seeds, %d jobs: %d min %d s\n' "$(ls "$work/grades/submissions" | wc -l)" "$seeds" "$jobs" \
  $((real / 60)) $((real % 60))
"$class" check "$work/grades" "$seeds" ${names[@]+"${names[@]}"}

if [[ $interrupt == yes ]]; then
  grade_until "$work/again" INT $((real / 4 + 1))
  grade_until "$work/again" KILL $((real / 4 + 1))
  grade "$work/again" >/dev/null || (($? == 1))
  "$class" compare "$work/grades" "$work/again"
fi
