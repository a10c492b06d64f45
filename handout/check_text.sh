#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/check_text.sh ROOT TREE
#
# Says, one sentence each, what the students' tree TREE shows that it must not: lines of the solution,
# marks of it, hidden tests, paths of this machine, files that cannot be read here, dead links. Exit code
# 1 if there is anything.
set -uo pipefail

(($# == 2)) || { echo "usage: $0 ROOT TREE" >&2; exit 2; }
root=$(realpath "$1") tree=$(realpath "$2") bad=0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# complain WHY: a sentence for each "FILE:LINE:TEXT" of standard input.
complain() {
  local why=$1 place
  while IFS= read -r place; do
    echo "lab: ${place%%:*}:$(cut -d: -f2 <<<"$place") $why: $(cut -d: -f3- <<<"$place" | head -c 160)" >&2
    bad=1
  done
}

cd "$tree" || exit 2
while IFS= read -r file; do
  echo "lab: $file is no plain text, so nobody can see what it tells; leave it out of handout/release.txt." >&2
  bad=1
done < <(find . -type f ! -name '*.png' -size +0 -printf '%P\n' | sort | xargs -d '\n' grep -L -I '' ;
         find . ! -type f ! -type d -printf '%P\n'; find . -name .git -printf '%P\n')

# Links of pages to files: [text](path), ![text](path#part); not to https://....
while IFS=: read -r file line link; do
  link=${link#"]("} link=${link%")"}
  [[ -e $(dirname "$file")/${link%%#*} ]] && continue
  echo "lab: ${file#./}:$line links to $link, which is not in this handout." >&2
  bad=1
done < <(grep -rnoE --include='*.md' '\]\([^#):][^):]*\)' . | sort)

complain "has a mark of what is not for students" < <(grep -rInE 'LAB_(SOLUTION|STAFF|STAGE)' . | sed 's|^\./||' | sort)
complain "has a path of this machine" < <(
  grep -rInF -e "$root" -e "$tree" -e "${HOME:-/root}/" . | sed 's|^\./||' | sort)

# The column public of rubric.csv is the fourth. Tests stand as "Raft2A.Name", "Raft2A, Name".
awk -F, '$4 == "no" { print $2 }' "$root/handout/rubric.csv" >"$work/hidden"
sed -E 's/\./(\\.|_|, *)/' "$work/hidden" >"$work/hidden_patterns"
complain "names a hidden test" < <(grep -rInEf "$work/hidden_patterns" . | sed 's|^\./||' | sort)

"$here/solution_lines.sh" "$root" >"$work/solution" || exit 1
find . -type f -printf '%P\n' | LC_ALL=C sort >"$work/files"
mapfile -t files <"$work/files"
complain "has a line of the solution" < <(awk -F '\t' '
  FILENAME == ARGV[1] { origin[$2] = $1; next }
  {
    line = $0; gsub(/[ \t]+/, " ", line)
    for (text in origin) {
      if (index(line, text)) print FILENAME ":" FNR ":" text " (" origin[text] ")"
    }
  }' "$work/solution" "${files[@]}")
exit $bad
