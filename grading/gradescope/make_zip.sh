#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   grading/gradescope/make_zip.sh STAGES SEEDS MINUTES VISIBILITY KEY OUT
#
# What `./lab gradescope` becomes once its words are checked (grading/gradescope_command.cc): makes the
# autograder OUT from the commit that is checked out. KEY is a file, or empty. The same commit and the
# same words give the same bytes. Exit codes are those of ./lab.
#
# At its root are setup.sh, run_autograder, settings.sh and, if there is a key, course.key; in raftlab/ is
# the tree with the skeletons in the place of the solution, which nothing needs that is built there.
set -uo pipefail

(($# == 6)) || { echo "usage: $0 STAGES SEEDS MINUTES VISIBILITY KEY OUT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
stages=$1 seeds=$2 minutes=$3 visibility=$4 key=$5 out=$6

say() { echo "lab: $*" >&2; }
refuse() { say "$*"; exit 1; }

for program in git unifdef zip; do
  command -v "$program" >/dev/null || { say "$program is not installed; apt-get install git unifdef zip brings it."; exit 3; }
done
git -C "$root" ls-files --error-unmatch lab >/dev/null 2>&1 && git -C "$root" rev-parse -q --verify HEAD >/dev/null ||
  refuse "$root is not committed to a git repository of yours; an autograder is made from a commit."
changed=$(git -C "$root" status --porcelain --untracked-files=no -- . | cut -c4- | head -n 1)
[[ -z $changed ]] ||
  refuse "an autograder is made from a commit, and tracked files differ from it ($changed): commit them, or put them aside with git stash."

work=$(mktemp -d) || exit 3
trap 'rm -rf "$work" "$out.part"' EXIT
trap 'exit 130' INT TERM
tree=$work/zip/raftlab
umask 022
mkdir -p "$tree" && (cd "$root" && git archive HEAD . ':!tests/mutants' ':!tests/control') | tar -C "$tree" -x || exit 3

# ---- The skeletons. ----

while IFS= read -r file; do
  unifdef -B -DLAB_SOLUTION=0 -o "$tree/$file" "$tree/$file"
  (($? <= 1)) || refuse "unifdef could not read $file; its words are above."
done < <(tail -n +2 "$tree/handout/editable.csv" | cut -d, -f2)
sed -i '/^option(LAB_SOLUTION /s/ ON)$/ OFF)/' "$tree/CMakeLists.txt"
grep -q '^option(LAB_SOLUTION .* OFF)$' "$tree/CMakeLists.txt" || refuse "CMakeLists.txt has no option LAB_SOLUTION to switch off."

# ---- What Gradescope wants at the root. ----

cp "$here/setup.sh" "$here/run_autograder" "$work/zip/" || exit 3
[[ -z $key ]] || cp "$key" "$work/zip/course.key" || exit 3
{
  echo "# Raftlab, commit $(git -C "$root" rev-parse --short=12 HEAD). For setup.sh and run_autograder."
  echo "stages=$stages"
  echo "seeds=$seeds      # of each test"
  echo "minutes=$minutes  # the time limit of the assignment at Gradescope"
  echo "visibility=$visibility  # of these tests:"
  echo "not_public=$(awk -F, '$4 == "no" { print $2 }' "$tree/handout/rubric.csv" | paste -sd,)"
} >"$work/zip/settings.sh"

# ---- The archive: files alone, in one order, with one time, of nobody. ----

# A zip's times have no zone and begin in 1980.
(
  export TZ=UTC
  cd "$work/zip" || exit 3
  find . -type f ! -perm -100 -exec chmod 644 {} + -o -type f -exec chmod 755 {} +
  [[ ! -f course.key ]] || chmod 600 course.key
  find . -type f -exec touch -d 2000-01-01T00:00:00 {} +
  find . -type f -printf '%P\n' | LC_ALL=C sort | zip -X -q -9 ../autograder.zip -@
) || { say "zip could not make the archive; its words are above."; exit 3; }
cp "$work/autograder.zip" "$out.part" && mv "$out.part" "$out" || { say "cannot write $out."; exit 3; }
say "wrote $out: stages $stages, $seeds seeds, a limit of $minutes minutes; $(($(stat -c %s "$out") / 1024)) KiB, SHA-256 $(sha256sum "$out" | cut -c1-16)..."
say "at Gradescope, choose the base image Ubuntu 24.04 or Debian 12, ${minutes} minutes, and $(tr ',' '\n' <<<"$stages" | wc -l)00 points."
[[ -z $key ]] || say "the course key is in it: whoever has the zip can compute every student's seeds."
