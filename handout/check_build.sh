#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/check_build.sh ROOT TREE
#
# Does with the students' tree TREE, which it changes, what a student will do: builds it without a
# warning, sees every test fail with a verdict that blames the missing work, puts the reference solution
# of the repository ROOT in and sees every test pass. Exit code 1, and the reason, if it is not so.
set -uo pipefail

(($# == 2)) || { echo "usage: $0 ROOT TREE" >&2; exit 2; }
root=$(realpath "$1") tree=$(realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
# Whatever the caller builds with, students begin with these.
unset LAB_PRESET RAFTLAB_ROOT RAFTLAB_BUILD
# Most of a handout does not change from one release to the next.
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache}
fi

say() { echo "lab: $*" >&2; }
fail() { say "$1"; [[ -z ${2-} ]] || tail -n 40 "$2" >&2; exit 1; }

# run_lab WHAT ARGUMENT...: ./lab test, its words in $work/log and its results in $work/results.json.
run_lab() {
  local what=$1 code=0
  shift
  rm -f "$work/results.json"
  (cd "$tree" && ./lab test --json "$work/results.json" "$@") >"$work/log" 2>&1 || code=$?
  [[ -s $work/results.json && $code != 3 ]] || fail "$what cannot be built and run; the end of what ./lab said:" "$work/log"
  cat "$tree/build/release/configure.log" >>"$work/log"
  ! grep -qiE 'warning:|CMake (Deprecation )?Warning' "$work/log" ||
    fail "$what does not build without warnings: $(grep -iE -m 1 'warning' "$work/log")" "$work/log"
}

# bad_runs FILTER: the runs that jq's FILTER selects, a line each.
bad_runs() {
  jq -r ".runs[] | select($1) | \"\\(.test), seed \\(.seed): \\(.verdict): \\(.message)\"" "$work/results.json"
}

# put_solution LAB...: the reference solution of what students edit in these labs comes into the tree.
put_solution() {
  local lab file
  while IFS=, read -r lab file; do
    [[ " $* " == *" $lab "* && -f $tree/$file ]] || continue
    unifdef -B -DLAB_SOLUTION=1 -o "$tree/$file" "$root/$file"
    (($? <= 1)) || fail "unifdef could not read $file; its words are above."
  done < <(awk -F, 'NR == FNR { lab[$1] = $2; next } $1 in lab { print lab[$1] "," $2 }' \
    "$tree/handout/stages.csv" "$root/handout/editable.csv")
}
mapfile -t labs < <(tail -n +2 "$tree/handout/stages.csv" | cut -d, -f2 | uniq)

# all_blamed WHAT: every run failed, and for want of the work.
all_blamed() {
  bad_runs '((.verdict | IN("safety", "liveness", "budget", "contract")) and (.message | length > 0)) | not' >"$work/bad"
  [[ ! -s $work/bad ]] ||
    fail "on $1, each run must fail with a verdict that blames the missing work; these do not:" "$work/bad"
}

# ---- As it is handed out: built, and every test fails for want of the work. ----

say "building the students' tree (minutes, if nothing of it was built before)"
run_lab "the students' tree" --seeds 2
all_blamed "the skeleton"

tests() { jq -r '.tests[].test' "$work/results.json" | sort; }
rows=$(tail -n +2 "$tree/handout/rubric.csv" | cut -d, -f2 | sort)
differing=$(comm -3 <(tests) <(echo "$rows") | tr -d '\t' | xargs)
[[ -z $differing ]] ||
  fail "these are either tests without a public row in handout/rubric.csv or rows without a test in the handout: $differing."
say "$(jq -r '"on the skeleton, \(.runs | length) of \(.runs | length) runs of \(.tests | length) tests fail as they should"' "$work/results.json")"

# ---- What was built tells no more than what is handed out. ----

# Literals of the solution that no file of the tree has, nor several lines of one together.
find "$tree" -path "$tree/build" -prune -o -type f -name '*.[ch]*' -print0 |
  xargs -0 sed -z 's/"\n *"//g' >"$work/joined"
"$here/solution_lines.sh" "$root" | cut -f2 | grep -oE '"[^"\\]{8,}"' | tr -d '"' | sort -u |
  while IFS= read -r text; do
    grep -rqF --exclude-dir=build -e "$text" "$tree" || grep -qF -e "$text" "$work/joined" || echo "$text"
  done >"$work/secrets"
awk -F, '$4 == "no" { print $2; sub(/\./, "_", $2); print $2 }' "$root/handout/rubric.csv" >>"$work/secrets"
find "$tree/build/release" -type f \( -name '*.a' -o -name '*.o' -o -perm -100 \) -print0 |
  xargs -0 strings -a -n 6 --print-file-name | grep -Ff "$work/secrets" >"$work/bad"
[[ ! -s $work/bad ]] || fail "what was built from the students' tree holds strings of the solution or of hidden tests:" "$work/bad"

# ---- As most students begin a later lab: with what they wrote in those before. ----

last=${labs[-1]}
if ((${#labs[@]} > 1)); then
  put_solution "${labs[@]:0:${#labs[@]}-1}"
  run_lab "the students' tree with the reference solution of the labs before $last" "$last" --seeds 2
  all_blamed "the skeleton of lab $last"
  say "with the labs before it solved, $(jq -r '.runs | length' "$work/results.json") runs of lab $last fail as they should"
fi

# ---- With the reference solution: every test passes. ----

put_solution "$last"
say "building it with the reference solution in it"
run_lab "the students' tree with the reference solution in it" --seeds 5
passed_by_all() {
  bad_runs '.verdict != "pass"' >"$work/bad"
  [[ ! -s $work/bad ]] || fail "the reference solution must pass every run; these failed:" "$work/bad"
}
passed_by_all
say "$(jq -r '"with the reference solution in it, \(.runs | length) of \(.runs | length) runs pass"' "$work/results.json")"
run_lab "the students' tree with the reference solution in it, isolated," --isolated --seeds 1
passed_by_all
say "isolated, it passes as well"
