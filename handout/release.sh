#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/release.sh [--update] [--previous HANDOUT] [--no-verify] STAGE OUT
#
# What `./lab release` becomes once its words are checked (grading/release_command.cc): makes the
# students' tree of STAGE from the commit that is checked out, in a temporary folder, checks it, and
# writes the archive OUT. The same commit gives the same bytes. Exit codes are those of ./lab.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
update='' previous='' verify=1
while [[ ${1-} == --* ]]; do
  case $1 in
    --update) update=1 ;;
    --previous) previous=${2-} && shift ;;
    --no-verify) verify='' ;;
    *) echo "usage: $0 [--update] [--previous HANDOUT] [--no-verify] STAGE OUT" >&2; exit 2 ;;
  esac
  shift
done
(($# == 2)) || { echo "usage: $0 [--update] [--previous HANDOUT] [--no-verify] STAGE OUT" >&2; exit 2; }
stage=$1 out=$2

say() { echo "lab: $*" >&2; }
refuse() { say "$*"; exit 1; }

# ---- What it needs. ----

for program in git unifdef jq strings sha256sum; do
  command -v "$program" >/dev/null ||
    { say "$program is not installed; apt-get install unifdef jq git binutils coreutils brings it."; exit 3; }
done
git -C "$root" ls-files --error-unmatch lab >/dev/null 2>&1 && git -C "$root" rev-parse -q --verify HEAD >/dev/null ||
  refuse "$root is not committed to a git repository of yours; a release is made from a commit."
mapfile -t changed < <(git -C "$root" status --porcelain --untracked-files=no -- . | cut -c4-)
((${#changed[@]} == 0)) ||
  refuse "a release is made from a commit, and tracked files differ from it (${changed[0]}$( ((${#changed[@]} == 1)) || echo " and $((${#changed[@]} - 1)) more")): commit them, or put them aside with git stash."

# At the same path each time, so that the compiler's cache finds again what it knows.
mkdir -p "$root/build" && work=$root/build/handout || exit 3
exec {lock}>"$root/build/.handout-lock"
flock -n "$lock" || { say "waiting for another release that is under way in this tree."; flock "$lock"; }
trap 'rm -rf "$work" "$out.part"' EXIT
trap 'exit 130' INT TERM
rm -rf "$work" && mkdir "$work" || exit 3

# ---- The tree, and the checks. ----

# make STAGE NAME: the folder $work/NAME.
make() { mkdir "$work/$2" && "$here/make_tree.sh" "$root" "$1" "$work/$2" || exit 1; }

# Students may add to what they edit; a new skeleton comes under this name.
beside=.new-$stage

say "making the students' tree of $stage from commit $(git -C "$root" rev-parse --short HEAD)"
make "$stage" tree
"$here/check_text.sh" "$root" "$work/tree" || refuse "nothing was released: repair what is said above."
if [[ -n $verify ]]; then
  cp -r "$work/tree" "$work/tried" || exit 3
  "$here/check_build.sh" "$root" "$work/tried" || refuse "nothing was released: repair what is said above."
else
  say "NOT VERIFIED: nobody has built this tree or run its tests. Release it only for a try."
fi

# ---- An update: all but what students edit, unless they cannot have it yet. ----

# cut_update TREE: what students of the stage before already have and edit goes out of it.
cut_update() {
  local tree=$1 file
  while IFS= read -r file; do
    [[ -f $work/previous/$file ]] || continue
    cmp -s "$work/previous/$file" "$tree/$file" || cp "$tree/$file" "$tree/$file$beside" || exit 3
    rm "$tree/$file"
  done < <(tail -n +2 "$tree/handout/editable.csv" | cut -d, -f2)
}

if [[ -n $update ]]; then
  if [[ -n $previous ]]; then
    mkdir "$work/previous" && tar -xzf "$previous" -C "$work/previous" || refuse "--previous $previous is not a handout (a .tar.gz file)."
  else
    make "$(cut -d, -f1 "$root/handout/stages.csv" | grep -xF -B 1 "$stage" | head -n 1)" previous
  fi
  cut_update "$work/tree"
fi

# ---- The archive. ----

# pack TREE: its files alone, in one order, of nobody, at the time of the commit.
pack() {
  (cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort |
    tar --create --files-from=- --format=gnu --mtime="@$(git -C "$root" log -1 --format=%ct)" \
      --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX) | gzip -n -9
}

pack "$work/tree" >"$out.part" || { say "cannot write $out."; exit 3; }
make "$stage" again
[[ -z $update ]] || cut_update "$work/again"
cmp -s <(pack "$work/again") "$out.part" || refuse "made twice, the archive has not the same bytes; nothing was released."
mv "$out.part" "$out" || exit 3
say "wrote $out: $(tar -tzf "$out" | wc -l) files, $(($(stat -c %s "$out") / 1024)) KiB, SHA-256 $(sha256sum "$out" | cut -c1-16)..."
