#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   handout/release_test.sh SOURCE FOLDER
#
# Makes handouts of a copy of the tree SOURCE, in FOLDER, whose compiler cache is used again the next
# time: the handouts of 2A and 4A are built and tried by ./lab release itself; a student goes from 2A to
# 2B; and what must not be released is refused with a sentence that says where it is. The copy has a
# hidden test of 2A.
set -uo pipefail

(($# == 2)) || { echo "usage: $0 SOURCE FOLDER" >&2; exit 2; }
for program in git unifdef jq; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
source=$1 folder=$2
mkdir -p "$folder" && folder=$(realpath "$folder") || exit 2
repository=$folder/repository out=$folder/out log=$folder/log failures=0
tests_2a=$(grep -c ^2A, "$source/handout/rubric.csv")
# Where release.sh tries a tree; a student at the same place finds all objects in the compiler's cache.
student=$repository/build/handout/tried
export CCACHE_DIR=$folder/ccache GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

fail() {
  echo "FAILED: $1"
  [[ -z ${2-} ]] || tail -n 25 "$2" | sed 's/^/    | /'
  failures=$((failures + 1))
}

commit() { git -C "$repository" add -A && git -C "$repository" -c user.name=T -c user.email=t@example.com commit -qm "$1" || exit 2; }

# release EXIT_CODE TEXT ARGUMENT...: handout/release.sh ends so, and says the text.
release() {
  local code=$1 text=$2 got=0
  shift 2
  "$repository/handout/release.sh" "$@" >"$log" 2>&1 </dev/null || got=$?
  [[ $got == "$code" ]] || fail "release $*: exit code $got, wanted $code" "$log"
  grep -qF -- "$text" "$log" || fail "release $*: wanted the text: $text" "$log"
}

# refused TEXT [STAGE]: a change of the repository that must not be released is refused, and undone.
refused() {
  commit "a mistake"
  rm -f "$out/refused.tar.gz"
  release 1 "$1" --no-verify "${2-2A}" "$out/refused.tar.gz"
  [[ ! -e $out/refused.tar.gz ]] || fail "it was released nonetheless: $1"
  git -C "$repository" reset -q --hard HEAD~1
}

# refused_by_trying TEXT: the same for what is only seen when the tree is built and run.
refused_by_trying() {
  commit "a mistake"
  release 1 "$1" 2A "$out/refused.tar.gz"
  git -C "$repository" reset -q --hard HEAD~1
}

# lab EXIT_CODE TEXT ARGUMENT...: the student types that.
lab() {
  local code=$1 text=$2 got=0
  shift 2
  (cd "$student" && CMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache) ./lab "$@") >"$log" 2>&1 || got=$?
  [[ $got == "$code" ]] || fail "the student's ./lab $*: exit code $got, wanted $code" "$log"
  grep -qF -- "$text" "$log" || fail "the student's ./lab $*: wanted the text: $text" "$log"
}

# holds ARCHIVE FILE; a name of a file in the archive.
holds() { [[ -n $(tar -tzf "$1" | grep -xF -- "$2") ]]; }

# ---- A repository with a hidden test. ----

rm -rf "$repository" "$out" && mkdir -p "$repository" "$out"
tar -C "$source" --exclude=./build --exclude='./build-*' --exclude=./out --exclude=./.git -c . | tar -C "$repository" -x
cat >"$repository/tests/raft_2a_hidden_test.cc" <<'END'
#include "tests/cluster.h"
#include "tests/registry.h"
LAB_TEST(Raft2A, SecretBallot, "nobody knows") {}
END
echo '2A,Raft2A.SecretBallot,0,no,A hidden test' >>"$repository/handout/rubric.csv"
git -C "$repository" init -q && commit "the tree"

# ---- What is refused without building anything. ----

line=$("$repository/handout/solution_lines.sh" "$repository" | grep 'voted_for = ' | head -n 1)
printf '\nTry this:\n\n   //  %s\n' "${line#*$'\t'}" >>"$repository/handout/student_README.md"
last=$(wc -l <"$repository/handout/student_README.md")
refused "README.md:$last has a line of the solution: ${line#*$'\t'} (${line%%$'\t'*})"

echo '// #if LAB_SOLUTION' >>"$repository/sim/world.h"
refused "sim/world.h:$(($(wc -l <"$source/sim/world.h") + 1)) has a mark of what is not for students: // #if LAB_SOLUTION"

echo '# LAB_STAFF begin' >>"$repository/sim/CMakeLists.txt"
refused 'sim/CMakeLists.txt has no LAB_STAFF end for the begin in line'

printf '#if LAB_SOLUTION\nint answer = 42;\n#endif\n' >>"$repository/labrpc/labrpc.cc"
refused 'labrpc/labrpc.cc holds a part of the solution, and handout/editable.csv does not let students edit it.'

sed -i 's/^2A .*raft_2a_test.cc$/&\n2A tests\/raft_2a_hidden_test.cc/' "$repository/handout/release.txt"
refused 'tests/raft_2a_hidden_test.cc:3 names a hidden test: LAB_TEST(Raft2A, SecretBallot'

echo 'Beware of Raft2A.SecretBallot.' >>"$repository/handout/student_README.md"
refused 'names a hidden test: Beware of Raft2A.SecretBallot.'

echo 'As [the next page](handout/pages/9Z.md#hints), not [the paper](https://raft.github.io), says.' >>"$repository/handout/student_README.md"
refused 'links to handout/pages/9Z.md#hints, which is not in this handout.'

echo "// see $repository/raft" >>"$repository/sim/world.h"
refused 'has a path of this machine: // see'

printf 'a\0b' >"$repository/sim/blob.bin"
refused 'sim/blob.bin is no plain text'

ln -s world.h "$repository/sim/link.h"
refused 'sim/link.h is not a plain file'

echo '2A tests/raft_2x_test.cc' >>"$repository/handout/release.txt"
refused 'handout/release.txt names tests/raft_2x_test.cc, and no tracked file is called that.'

echo '2X tests/raft_2a_test.cc' >>"$repository/handout/release.txt"
refused 'handout/release.txt has a line that begins with 2X'

echo '// changed' >>"$repository/raft/raft.cc"
release 1 'tracked files differ from it (raft/raft.cc): commit them' --no-verify 2A "$out/refused.tar.gz"
git -C "$repository" checkout -q raft/raft.cc
echo 'mine' >"$repository/notes.txt"  # an untracked file is no hindrance, and is not released

mv "$repository/.git" "$out/git"
release 1 'is not committed to a git repository' --no-verify 2A "$out/refused.tar.gz"
mv "$out/git" "$repository/.git"

# ---- The handouts of 2A and 4A. ----

release 0 'with the reference solution in it' 2A "$out/handout-2A.tar.gz"
grep -qE 'on the skeleton, ([0-9]+) of \1 runs of '"$tests_2a"' tests fail as they should' "$log" || fail "not $tests_2a tests of 2A" "$log"
release 0 'with the reference solution in it' 4A "$out/handout-4A.tar.gz"
grep -q 'with the labs before it solved, [0-9]* runs of lab 4 fail as they should' "$log" || fail "4A was not tried as students begin it" "$log"
release 0 'wrote' --no-verify 3A "$out/handout-3A.tar.gz"
rm "$repository/notes.txt"

for name in README.md lab raft/raft.cc raft/raft.h sim/world.cc tests/raft_2a_test.cc .vscode/launch.json \
  linearizability/view.h grading/linearize_command.cc .devcontainer/devcontainer.json .clang-format MANIFEST.sha256 handout/rubric.csv; do
  holds "$out/handout-2A.tar.gz" "$name" || fail "the handout of 2A has no $name"
done
for name in tests/raft_2b_test.cc tests/raft_2a_hidden_test.cc grading/grade_command.cc handout/release.sh \
  handout/release.txt sim/world_test.cc linearizability/kv_test.cc linearizability/brute_force.h \
  linearizability/random_history.h grading/linearize_test.cc ARCHITECTURE.md notes.txt grading/staff_help.txt \
  kvraft/clerk.h tests/kv_cluster.h tests/kv_3a_test.cc shardkv/config.h tests/owner_oracle.h tests/shard_cluster.h; do
  ! holds "$out/handout-2A.tar.gz" "$name" || fail "the handout of 2A has $name"
done
for name in tests/raft_2{a,b,c,d}_test.cc tests/kv_3a_test.cc kvraft/kv_server.cc linearizability/check.h; do
  holds "$out/handout-3A.tar.gz" "$name" || fail "the handout of 3A has no $name"
done
for name in tests/kv_3b_test.cc linearizability/kv_test.cc linearizability/brute_force.h shardkv/config.h tests/owner_oracle.h; do
  ! holds "$out/handout-3A.tar.gz" "$name" || fail "the handout of 3A has $name"
done
for name in tests/kv_3{a,b}_test.cc tests/shard_4a_test.cc tests/owner_oracle.h shardkv/config.cc shardkv/shard_server.cc; do
  holds "$out/handout-4A.tar.gz" "$name" || fail "the handout of 4A has no $name"
done
for name in tests/shard_4b_test.cc tests/shard_4b_random_test.cc tests/shard_oracles_test.cc; do
  ! holds "$out/handout-4A.tar.gz" "$name" || fail "the handout of 4A has $name"
done
mkdir "$out/2A" && tar -xzf "$out/handout-2A.tar.gz" -C "$out/2A"
grep -rqiE 'LAB_SOLUTION|LAB_STAFF|SecretBallot|selftest|persistent_\.' "$out/2A" && fail "the handout of 2A tells too much"
grep -rq '2B' "$out/2A/handout"/*.csv "$out/2A/.vscode" && fail "the handout of 2A has data of 2B"
(cd "$out/2A" && sha256sum -c --quiet MANIFEST.sha256) >"$log" 2>&1 || fail "the manifest is wrong" "$log"
grep -q 'raft/raft.cc' "$out/2A/MANIFEST.sha256" && fail "the manifest has a file that students edit"
grep -q 'raft/server.cc' "$out/2A/MANIFEST.sha256" || fail "the manifest lacks a file that students do not edit"
if command -v clang-format-14 >/dev/null; then
  (cd "$out/2A" && find . -name '*.cc' -o -name '*.h' | xargs -d '\n' clang-format-14 --dry-run -Werror) >"$log" 2>&1 ||
    fail "the skeleton is not formatted" "$log"
fi

# The same bytes again, also from a clone at another place.
release 0 'NOT VERIFIED' --no-verify 2A "$out/again.tar.gz"
cmp "$out/handout-2A.tar.gz" "$out/again.tar.gz" || fail "released again, 2A has other bytes"
git clone -q "$repository" "$out/clone" && "$out/clone/handout/release.sh" --no-verify 2A "$out/clone.tar.gz" 2>"$log"
cmp "$out/handout-2A.tar.gz" "$out/clone.tar.gz" || fail "released from a clone, 2A has other bytes" "$log"

# ---- An update over a student's tree. ----

release 0 'wrote' --update --no-verify 2B "$out/update-2B.tar.gz"
for name in raft/raft.cc raft/raft.h raft/messages.h raft/raft.cc.new-2B; do
  ! holds "$out/update-2B.tar.gz" "$name" || fail "the update to 2B has $name"
done
rm -rf "$student" && mkdir -p "$student" && tar -xzf "$out/handout-2A.tar.gz" -C "$student"
lab 0 'Raft2A.AnySize' list
grep -q 'Raft2B' "$log" && fail "./lab list shows 2B in the handout of 2A"
lab 0 './lab test 2A' --help
grep -qE 'grade|release|selftest' "$log" && fail "./lab tells a student of commands for instructors" "$log"
lab 2 'there is no command grade' grade --reference
printf 'model kv\n1 1 2 put x a\n2 3 4 get x b\n' >"$student/history.txt"
lab 1 'no Put or Append wrote what stands at byte 0: "b"' linearize history.txt
rm "$student/history.txt"
[[ -z $(find "$student/build/release" -type f \( -name '*.o' -o -perm -100 \) -print0 | xargs -0 strings -a |
  grep 'SecretBallot') ]] || fail "what a student builds has the hidden test"
for file in raft.h raft.cc messages.h; do
  unifdef -DLAB_SOLUTION=1 "$repository/raft/$file" >"$student/raft/$file"
done
echo '// mine' >>"$student/raft/raft.cc"
lab 0 "$tests_2a tests, $((2 * tests_2a)) runs: $tests_2a passed" test 2A --seeds 2
tar -xzf "$out/update-2B.tar.gz" -C "$student"
[[ $(tail -n 1 "$student/raft/raft.cc") == '// mine' ]] || fail "the update took an edit away"
lab 0 'Raft2B.Backup' list
lab 0 'passed' test 2B --seeds 2
(cd "$student" && sha256sum -c --quiet MANIFEST.sha256) >"$log" 2>&1 || fail "after the update, the manifest is wrong" "$log"

# A new lab brings its skeleton, and leaves the files of the lab before.
release 0 'wrote' --update --no-verify 3A "$out/update-3A.tar.gz"
holds "$out/update-3A.tar.gz" kvraft/clerk.cc || fail "the update to 3A has no kvraft/clerk.cc"
! holds "$out/update-3A.tar.gz" raft/raft.cc || fail "the update to 3A has raft/raft.cc"

# Students have a handout with another skeleton: the new one comes beside theirs.
echo '// older' >>"$out/2A/raft/raft.cc"
tar -C "$out/2A" -czf "$out/older.tar.gz" .
release 0 'wrote' --update --previous "$out/older.tar.gz" --no-verify 2B "$out/update-2B.tar.gz"
holds "$out/update-2B.tar.gz" raft/raft.cc.new-2B || fail "the update has no raft/raft.cc.new-2B"
! holds "$out/update-2B.tar.gz" raft/raft.h.new-2B || fail "the update has raft/raft.h.new-2B, which is not new"
! holds "$out/update-2B.tar.gz" raft/raft.cc || fail "the update has raft/raft.cc"
echo 'no archive' >"$out/none.tar.gz"
release 1 'is not a handout' --update --previous "$out/none.tar.gz" --no-verify 2B "$out/update-2B.tar.gz"

# ---- What only shows when the tree is built and run. ----

sed -i 's|^  // Your code here (2B).$|  int unused;\n&|' "$repository/raft/raft.cc"
refused_by_trying 'does not build without warnings'

echo 'LAB_TEST(Raft2A, Easy, "anybody passes") {}' >>"$repository/tests/raft_2a_test.cc"
refused_by_trying 'Raft2A.Easy, seed 1: pass'

echo '2A,Raft2A.Ghost,0,yes,A row without a test' >>"$repository/handout/rubric.csv"
refused_by_trying 'rows without a test in the handout: Raft2A.Ghost.'

# A literal of the solution that no file has in one piece.
echo 'const char* Leak() { return "compacted thr" "ough %d/%d"; }' >>"$repository/raft/server.cc"
refused_by_trying 'holds strings of the solution or of hidden tests'

sed -i '/^  role_ = Role::kLeader;$/d' "$repository/raft/raft.cc"
refused_by_trying 'the reference solution must pass every run; these failed:'

((failures == 0)) && echo "all as it should be" && rm -rf "$repository" "$out"
exit $((failures > 0))
