#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/make_tree.sh ROOT STAGE TREE
#
# Makes the students' tree of STAGE in the empty folder TREE, out of what release.txt names of the
# repository ROOT, whose tracked files are as they were committed.
set -uo pipefail

(($# == 3)) || { echo "usage: $0 ROOT STAGE TREE" >&2; exit 2; }
root=$1 stage=$2 tree=$3

fail() { echo "lab: $*" >&2; exit 1; }

# ---- The rules. ----

mapfile -t stages < <(awk -F, -v last="$stage" 'NR > 1 { print $1 } $1 == last { exit }' "$root/handout/stages.csv")
[[ ${stages[-1]} == "$stage" ]] || fail "no stage is called $stage; handout/stages.csv has the stages."

rules() { sed -E 's/[[:space:]]+/ /g; s/ $//; /^(#|$)/d' "$root/handout/release.txt"; }

# in_handout STAGE: is it one of the handout's stages?
in_handout() { [[ " all ${stages[*]} " == *" $1 "* ]]; }

while read -r which path rest; do
  [[ $which == all || $which == except || -n $(cut -d, -f1 "$root/handout/stages.csv" | grep -xF "$which") ]] ||
    fail "handout/release.txt has a line that begins with $which; wanted all, except or a stage."
  [[ -z $rest || $rest == optional || $rest == "as "* ]] ||
    fail "handout/release.txt has \"$rest\" after $path; wanted optional, or as NAME."
done < <(rules)

# ---- The files. ----

# tracked PATHSPEC: one a line. (A pathspec and exceptions to it in one call are not what git does well.)
tracked() { git -C "$root" -c core.quotePath=off ls-files -- "$1"; }

mapfile -t exceptions < <(rules | while read -r which path _; do [[ $which != except ]] || tracked "$path"; done)

while read -r which path how name; do
  [[ $which != except ]] && in_handout "$which" || continue
  mapfile -t files < <(tracked "$path" | grep -vxFf <(printf '%s\n' "${exceptions[@]}"))
  if ((${#files[@]} == 0)); then
    [[ $how == optional ]] || fail "handout/release.txt names $path, and no tracked file is called that."
    continue
  fi
  for file in "${files[@]}"; do
    [[ -f $root/$file && ! -L $root/$file ]] || fail "$file is not a plain file; a handout has no others."
    to=$tree/$file
    if [[ $how == as ]]; then
      ((${#files[@]} == 1)) || fail "handout/release.txt gives ${#files[@]} files one name: $name."
      to=$tree/$name
    fi
    mkdir -p "${to%/*}" && cp "$root/$file" "$to" || fail "cannot copy $file."
  done
done < <(rules)

# ---- What is not for students. ----

# cut_staff FILE: without the marked lines, and the empty lines that this leaves.
cut_staff() {
  awk '
    function wrong(what) { print what " in line " NR; failed = 1; exit 1 }
    /LAB_STAFF begin/ { if (begun) wrong("a second LAB_STAFF begin"); begun = NR; next }
    /LAB_STAFF end/ { if (!begun) wrong("a LAB_STAFF end without its begin"); begun = 0; next }
    begun { next }
    /^$/ { empty = 1; next }
    { if (empty && printed) print ""; empty = 0; printed = 1; print }
    END { if (!failed && begun) { print "no LAB_STAFF end for the begin in line " begun; exit 1 } }
  ' "$1" >"$1.cut" || fail "${1#"$tree/"} has $(tail -n 1 "$1.cut")."
  cat "$1.cut" >"$1" && rm "$1.cut"
}

while IFS= read -r file; do cut_staff "$file"; done < <(grep -rl LAB_STAFF "$tree")

while IFS= read -r file; do
  grep -qE "^[^,]*,${file#"$tree/"}\$" "$root/handout/editable.csv" ||
    fail "${file#"$tree/"} holds a part of the solution, and handout/editable.csv does not let students edit it."
  unifdef -B -DLAB_SOLUTION=0 -o "$file" "$file"
  (($? <= 1)) || fail "unifdef could not read ${file#"$tree/"}; its words are above."
done < <(grep -rlE '^#.*LAB_SOLUTION' --include='*.h' --include='*.cc' "$tree")

# ---- What is cut to the handout's stages. ----

# rows FILE PROGRAM: the header and the rows of the handout's stages, through awk.
rows() {
  awk -F, -v stages=" ${stages[*]} " "NR == 1 || index(stages, \" \" \$1 \" \") { $2 }" \
    "$root/handout/$1" >"$tree/handout/$1"
}
rows stages.csv 'print'
rows editable.csv 'print'
# Without the column `public`, which is the fourth, and what it says no to.
[[ $(head -n 1 "$root/handout/rubric.csv") == stage,test,points,public,* ]] ||
  fail "handout/rubric.csv does not say which tests are public: its columns are stage,test,points,public,title."
rows rubric.csv 'if ($4 != "no") { row = $0; sub(/^[^,]*,[^,]*,[^,]*,[^,]*,/, "", row); print $1 "," $2 "," $3 "," row }'

tasks=$tree/.vscode/tasks.json
if [[ -f $tasks ]]; then
  jq --args '(.inputs[] | select(.id == "stage")) |= (.options = $ARGS.positional | .default = $ARGS.positional[-1])' \
    "${stages[@]}" <"$tasks" >"$tasks.cut" && mv "$tasks.cut" "$tasks" || fail "jq could not read .vscode/tasks.json."
fi

# ---- What students must not change. ----

cd "$tree" || exit 1
{
  echo "# Raftlab, handout $stage, made from commit $(git -C "$root" rev-parse --short=12 HEAD). The files that are not"
  echo "# yours to edit; sha256sum -c --quiet MANIFEST.sha256 shows those that were changed."
  find . -type f -printf '%P\n' | grep -vxF -e MANIFEST.sha256 -f <(tail -n +2 handout/editable.csv | cut -d, -f2) |
    LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum
} >MANIFEST.sha256
