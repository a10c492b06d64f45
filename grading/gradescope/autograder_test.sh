#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   grading/gradescope/autograder_test.sh TOOL SOURCE FOLDER
#
# Makes an autograder of a copy of the tree SOURCE and does with it, in FOLDER, what Gradescope does:
# unpacks it, runs setup.sh once and run_autograder for each of some submissions, with bubblewrap and as
# where it does not work.
set -uo pipefail

(($# == 3)) || { echo "usage: $0 TOOL SOURCE FOLDER" >&2; exit 2; }
for program in git unifdef zip unzip python3 setpriv; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
((EUID == 0)) || { echo "skipped: Gradescope runs an autograder as root, and this is not root"; exit 77; }
tool=$1 tree=$2 folder=$3
mkdir -p "$folder" && folder=$(realpath "$folder") || exit 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$folder/repository out=$folder/out log=$folder/log failures=0
tests_2a=$(grep -c ^2A, "$tree/handout/rubric.csv")
export RAFTLAB_AUTOGRADER=$folder/autograder GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
autograder=$RAFTLAB_AUTOGRADER
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=${CCACHE_DIR:-$folder/ccache} CCACHE_NOHASHDIR=1
  export CCACHE_BASEDIR=$autograder/source/raftlab
fi

fail() {
  echo "FAILED: $1"
  [[ -z ${2-} ]] || tail -n 25 "$2" | sed 's/^/    | /'
  failures=$((failures + 1))
}

# lab EXIT_CODE TEXT ARGUMENT...: ./lab gradescope in the repository ends so, and says the text.
lab() {
  local code=$1 text=$2 got=0
  shift 2
  RAFTLAB_ROOT=$repository "$tool" gradescope "$@" >"$log" 2>&1 </dev/null || got=$?
  [[ $got == "$code" ]] || fail "gradescope $*: exit code $got, wanted $code" "$log"
  grep -qF -- "$text" "$log" || fail "gradescope $*: wanted the text: $text" "$log"
}

# submit FILE...: the next submission has these files of the repository, and nothing else.
submit() {
  rm -rf "$autograder/submission" "$autograder/results" && mkdir -p "$autograder/submission" "$autograder/results"
  (($# == 0)) || cp "$@" "$autograder/submission/"
}

# run WHAT CONDITION TEXT [PATH]: run_autograder, with that PATH; its results are valid and so, and it says
# the text to instructors.
run() {
  (cd "$autograder" && PATH=${4-$PATH} ./run_autograder) >"$autograder/results/stdout" 2>&1 || fail "$1: exit code $?" "$autograder/results/stdout"
  check "$1" "$2"
  grep -qF -- "$3" "$autograder/results/stdout" || fail "$1: wanted the text: $3" "$autograder/results/stdout"
}
check() {
  python3 "$here/check_results.py" "$autograder/results/results.json" "$2" >"$log" || fail "$1" "$log"
  [[ -z $(find "$autograder/results" -mindepth 1 ! -name results.json ! -name stdout) ]] || fail "$1: something else is in results/"
}

as_sandbox_user() { setpriv --reuid=65533 --regid=65533 --clear-groups "$@" 2>/dev/null; }

# kill_tree SIGNAL PID: it and all that it has started.
kill_tree() {
  local child
  for child in $(ps -o pid= --ppid "$2"); do kill_tree "$1" "$child"; done
  kill -"$1" "$2" 2>/dev/null
}

# ---- What may be typed. ----

rm -rf "$repository" "$out" "$autograder" && mkdir -p "$repository" "$out" "$autograder"
tar -C "$tree" --exclude=./build --exclude='./build-*' --exclude=./out --exclude=./.git -c . | tar -C "$repository" -x
git -C "$repository" init -q && git -C "$repository" add -A &&
  git -C "$repository" -c user.name=T -c user.email=t@example.com commit -qm tree || exit 2
zip=$out/autograder.zip key=$out/key
echo 'a course key for tests, of no value' >"$key"
echo short >"$out/short"

lab 2 'which stages?'
lab 2 'which stages?' 2A --stages 2B
lab 2 'no stage is called 2X' 2X
lab 2 'no stage is called 9' --stages 2A,9
lab 2 '--seeds 0' 2A --seeds 0
lab 2 '--minutes 4: it is a whole number from 5 to 40.' 2A --minutes 4
lab 2 '--visibility later: it is hidden' 2A --visibility later
lab 2 'needs at least 16' 2A --key-file "$out/short"
lab 2 'No such file or directory' 2A --out "$out/none/x.zip"
echo >>"$repository/README.md"
lab 1 'tracked files differ from it (README.md)' 2A --out "$zip"
git -C "$repository" checkout -q README.md
[[ ! -e $zip ]] || fail "a zip was written in spite of an error"

# ---- The zip. ----

lab 0 'stages 2A,2B, 40 seeds' 2B --out "$out/other.zip"
lab 0 'stages 2A, 2 seeds, a limit of 10 minutes' 2A --seeds 2 --key-file "$key" --out "$zip"
lab 0 'wrote' --stages 2A --seeds 2 --key-file "$key" --out "$out/again.zip"
cmp "$zip" "$out/again.zip" || fail "made again, the autograder has other bytes"
git clone -q "$repository" "$out/clone" && (umask 077 && TZ=Asia/Tokyo "$out/clone/grading/gradescope/make_zip.sh" \
  2A 2 10 hidden "$key" "$out/clone.zip" 2>"$log")
[[ -z $(unzip -l "$zip" | awk 'NR > 3 && NF == 4 && $2 != "2000-01-01"') ]] || fail "the zip has other times than one"
cmp "$zip" "$out/clone.zip" || fail "made from a clone, the autograder has other bytes" "$log"

unzip -q "$zip" -d "$autograder/source" || fail "unzip cannot unpack it"
for name in setup.sh run_autograder raftlab/lab; do
  [[ -x $autograder/source/$name ]] || fail "the zip has no $name that can be run"
done
cmp -s "$key" "$autograder/source/course.key" || fail "the zip has no key"
[[ -f $autograder/source/raftlab/tests/raft_2a_test.cc ]] || fail "the zip has no tests"
unzip -l "$out/other.zip" | grep -q course.key && fail "a zip has a key that nobody gave"
for name in raft.h raft.cc messages.h; do
  grep -q LAB_SOLUTION "$autograder/source/raftlab/raft/$name" && fail "the zip has the solution's raft/$name"
done

# ---- The image. ----

LAB_NO_INSTALL=1 bash "$autograder/source/setup.sh" >"$log" 2>&1 || { fail "setup.sh" "$log"; exit 1; }
grep -qE 'lab: line [0-9]+:|unused parameter' "$log" && fail "setup.sh complains" "$log"
cp "$autograder/source/run_autograder" "$autograder/"
echo '{"users": []}' >"$autograder/submission_metadata.json"

# ---- Submissions. ----

mkdir "$out/reference"
for name in raft.h raft.cc messages.h; do unifdef -DLAB_SOLUTION=1 "$repository/raft/$name" >"$out/reference/$name"; done
skeleton=("$autograder/source/raftlab/raft/"{raft.h,raft.cc,messages.h})
# All programs but bubblewrap.
mkdir "$out/bin" && ln -s /usr/bin/* /usr/sbin/* "$out/bin/" 2>/dev/null
rm -f "$out/bin/bwrap"

submit "$out/reference"/*
run "the reference" "score == 100 and len(tests) == $tests_2a"' and all(t["status"] == "passed" for t in tests)' \
  "as user 65533: it sees"
run "the reference, without bubblewrap" "score == 100 and len(tests) == $tests_2a" \
  'Student code runs with limits alone, as user 65533' "$out/bin"

# Closed to student code, although the folders above are open.
echo open >"$autograder/open" && chmod 644 "$autograder/open"
if as_sandbox_user test -r "$autograder/open"; then
  for path in source/settings.sh source/course.key source/raftlab/tests/raft_2a_test.cc submission/raft.cc \
    submission_metadata.json results/results.json results/stdout run_autograder; do
    [[ -e $autograder/$path ]] || fail "there is no $path"
    as_sandbox_user test -r "$autograder/$path" && fail "student code can read $path"
  done
  for path in . source results results/results.json run_autograder; do
    as_sandbox_user test -w "$autograder/$path" && fail "student code can write $path"
  done
  submit "${skeleton[@]}"
  printf '#include "%s"\n' "$autograder/open" "$autograder/source/raftlab/tests/raft_2a_test.cc" "$autograder/source/course.key" \
    >>"$autograder/submission/raft.cc"
  run "a curious one, without bubblewrap" 'score == 0 and output.count("Permission denied") >= 1 and "Raft2A" not in output' \
    'limits alone' "$out/bin"
else
  echo "skipped: $folder is closed to other users, so that nothing can be seen of what the autograder closes"
fi

sed -i 's/^visibility=hidden /visibility=after_published /; s/^not_public=.*/not_public=Raft2A.ReElection/' "$autograder/source/settings.sh"
submit "${skeleton[@]}"
run "a skeleton" "score == 0 and len(tests) == $tests_2a"' and all(t["status"] == "failed" for t in tests)' 'run_autograder: graded in'
check "a skeleton: a test that is not public" '[t["visibility"] for t in tests].count("after_published") == 1'
check "a skeleton: seeds from the key" 'all(t["extra_data"]["seed"] > 10**6 for t in tests)'

submit "${skeleton[@]}"
echo 'int broken = "no number";' >>"$autograder/submission/raft.cc"
run "a build error" 'score == 0 and "raft/raft.cc" in output and "invalid conversion" in output' 'run_autograder: graded in'
submit
run "an empty submission" 'score == 0 and "raft.cc" in output' 'run_autograder: graded in'
submit "$repository/README.md" "$repository/LICENSE"
run "files of other names" 'score == 0 and "raft.cc" in output' '1 graded in'

# ---- Faults, and runs that are cut off. ----

submit "$out/reference"/*
(cd "$autograder" && exec ./run_autograder >/dev/null 2>&1) &
while [[ ! -s $autograder/results/results.json ]]; do sleep 0.05; done
kill_tree KILL $!
wait 2>/dev/null
rm -f "$autograder/results/.results.json"
check "a run that was killed" 'score == 0 and "cut off" in output and "not the fault" in output'

submit "$out/reference"/*
(cd "$autograder" && exec ./run_autograder >/dev/null 2>&1) &
until ps -o comm= --ppid $! | grep -qx timeout; do sleep 0.05; done
kill -TERM $!
wait 2>/dev/null
check "a run that was stopped" 'score == 0 and "not the fault" in output'

raftlab=$autograder/source/raftlab/build/release/grading/raftlab
# broken WHAT PROGRAM CONDITION TEXT: with that in the place of the tool.
broken() {
  submit "$out/reference"/*
  printf '#!/bin/sh\n%s\n' "$2" >"$raftlab.broken" && chmod +x "$raftlab.broken" && mv "$raftlab.broken" "$raftlab"
  run "$1" "$3" "$4"
}
broken "a fault" 'echo secret; exit 3' 'score == 0 and "not the fault" in output and "secret" not in output' 'exit code 3'
broken "no time left" 'exit 124' 'score == 0 and "within 10 minutes" in output' 'was not over after 510 s.'
broken "no score" '[ "$1" = grade ] || echo "{}" >'"$autograder"'/results/.results.json' \
  'score == 0 and "not the fault" in output' 'exit code 0'

chown -R 65533:65533 "$autograder" && submit && chown -R 65533:65533 "$autograder"
as_sandbox_user bash "$autograder/run_autograder" >"$log" || fail "without privileges: exit code $?" "$log"
grep -qF 'it must run as root' "$log" || fail "without privileges" "$log"
check "without privileges" 'score == 0 and "not the fault" in output'

((failures == 0)) && echo "all as it should be" && rm -rf "$repository" "$out" "$autograder"
exit $((failures > 0))
