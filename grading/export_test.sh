#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
# `raftlab export` from outside, over a class that was made up. Arguments: the tool, made_up_class.
set -uo pipefail
tool=$1 made_up_class=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
class=$work/class
failures=0

fail() {
  echo "FAILED: $1"
  head -c 2000 "$work/output" | sed 's/^/    | /'
  failures=$((failures + 1))
}

# expect EXIT_CODE TEXT ARGUMENT...: the tool ends so, and its output has the text.
expect() {
  local code=$1 text=$2 got=0
  shift 2
  timeout 60 "$tool" export "$@" >"$work/output" 2>&1 </dev/null || got=$?
  [[ $got == "$code" ]] || fail "export $*: exit code $got, wanted $code"
  [[ -z $text ]] || grep -qF -- "$text" "$work/output" || fail "export $*: wanted the text: $text"
}

"$made_up_class" "$class" || exit 1
for format in csv canvas moodle html junit; do expect 0 'partial' "$format" "$class"; done
for pair in csv:grades.csv canvas:canvas.csv moodle:moodle.csv html:grades.html junit:junit.xml json:grades.json; do
  "$tool" export "${pair%:*}" "$class" >"$work/output"
  cmp -s "$work/output" "$class/${pair#*:}" || fail "$pair differs from what grading wrote"
done
expect 0 '"score": 117.5' gradescope "$class" --submission partial
expect 0 '"visibility": "after_published"' gradescope "$class" --submission partial \
  --not-public Raft2A.X,Raft2A.Y --visibility after_published
expect 0 '"order": "asc"' gradescope "$class" --submission perfect --leaderboard
expect 0 'stage2B=' github "$class" --submission partial
expect 0 '"gradable": true' prairielearn "$class" --submission partial
expect 0 'Grade of partial' html "$class" --submission partial
"$tool" export autolab "$class" --submission partial | tail -n 1 | grep -q '^{"scores":{"2A":70.0' ||
  fail "the last line of autolab"
expect 0 '' junit "$class" --submission partial --out "$work/one.xml"
[[ $(wc -c <"$work/output") == 0 && $(grep -c '<testsuite ' "$work/one.xml") == 1 ]] || fail "--out"
if command -v xmllint >/dev/null; then
  xmllint --noout "$class/junit.xml" "$work/one.xml" || fail "no XML"
fi

# A roster.
header=submission,student,id,sis_user_id,sis_login_id,section,email
printf '%s\npartial,"Lamport, Leslie",11,s11,leslie,A,l@example.edu\nabsent,X,1,2,3,4,5\n' $header >"$work/roster.csv"
expect 0 '"Lamport, Leslie",11,s11,leslie,A,70,47.5' canvas "$class" --roster "$work/roster.csv"
expect 0 'nothing was graded: absent.' canvas "$class" --roster "$work/roster.csv"
expect 0 'whose names stand as SIS Login ID: build-error, empty' moodle "$class" --roster "$work/roster.csv"
expect 0 'Section,Lab 2A (77),Lab 2B' canvas "$class" --title '2A=Lab 2A (77)'

expect 0 'Section,Lab 2A (77),B' canvas --title '2A=Lab 2A (77)' --title 2B=B "$class"
expect 0 '"visibility": "hidden"' gradescope --submission partial --not-public Raft2A.X "$class"

# All of it again.
rm "$class/grades.html" "$class/submissions/partial/report.html"
expect 0 '' all "$class" --roster "$work/roster.csv"
[[ -s $class/grades.html && -s $class/submissions/partial/report.html ]] || fail "all wrote nothing"
grep -q Lamport "$class/canvas.csv" || fail "all does not know the roster"

# Wrong words, wrong files.
expect 2 'no format is called cnavas; the nearest is canvas.' cnavas "$class"
expect 2 'there are all, autolab, canvas' whatever-else "$class"
expect 2 'FORMAT' # which is missing
expect 2 'OUT_DIR' canvas
expect 2 'name the folder that `./lab grade --out` wrote.' canvas "$work/none"
expect 2 'gradescope is of one submission: name it with --submission' gradescope "$class"
expect 2 'is called partail; the nearest is partial.' gradescope "$class" --submission partail
expect 2 'canvas is of the whole class: leave out --submission.' canvas "$class" --submission partial
expect 2 'leave out --out and --submission' all "$class" --out "$work/x"
expect 2 '--visibility later: it is hidden' gradescope "$class" --submission partial --visibility later
expect 2 "--title 2A: write it as in --title '2A=" canvas "$class" --title 2A
expect 2 '--roster: cannot read' canvas "$class" --roster "$work/none.csv"
expect 2 'wanted "submission,student,id' canvas "$class" --roster "$class/grades.csv"
expect 2 'No such file or directory' canvas "$class" --out "$work/none/x.csv"
expect 2 'export has no option --rooster; the nearest is --roster;' canvas "$class" --rooster x
echo '{"schema": "raftlab-grade-1"' >"$class/submissions/partial/grade.json"
expect 2 'is not a grade: it is not JSON, or only part of it; grade that submission again.' html "$class" \
  --submission partial --out "$work/kept.html"
[[ ! -e $work/kept.html ]] || fail "a file was written in spite of an error"
rm "$class/submissions/partial/grade.json"
expect 3 'cannot read' html "$class" --submission partial

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
