#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/solution_lines.sh ROOT
#
# Prints the lines of the repository ROOT that only the solution has, as "FILE:LINE<tab>TEXT" with
# single blanks: those that `#if LAB_SOLUTION` removes and that no skeleton has, also not within a line, of
# at least 16 characters. Shorter ones, such as "while (true) {", are anybody's, and so are those of
# handout/common_lines.txt.
set -uo pipefail

(($# == 1)) || { echo "usage: $0 ROOT" >&2; exit 2; }
cd "$1" || exit 2
mapfile -t files < <(git grep -lE '^#.*LAB_SOLUTION' -- '*.h' '*.cc')
((${#files[@]} > 0)) || { echo "lab: no tracked file has an #if LAB_SOLUTION." >&2; exit 1; }

skeletons=$(mktemp) && trap 'rm -f "$skeletons"' EXIT
for file in "${files[@]}"; do
  unifdef -DLAB_SOLUTION=0 "$file" >>"$skeletons"
  (($? <= 1)) || { echo "lab: unifdef could not read $file; its words are above." >&2; exit 1; }
done
awk '
  { line = $0; gsub(/[ \t]+/, " ", line); sub(/^ /, "", line); sub(/ $/, "", line) }
  FILENAME == ARGV[1] { common[line] = 1; next }
  FILENAME == ARGV[2] { skeletons = skeletons "\n" line; next }
  length(line) >= 16 && !(line in common) && !index(skeletons, line) && line !~ /^#.*LAB_SOLUTION/ {
    print FILENAME ":" FNR "\t" line
  }
' handout/common_lines.txt "$skeletons" "${files[@]}"
