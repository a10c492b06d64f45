#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   tests/skeleton_test.sh SOURCE BUILD
#
# Builds the skeleton that students receive (LAB_SOLUTION=OFF) of the tree SOURCE in the folder BUILD,
# which it uses again the next time. The compiler must not warn, and every stage test must fail on it
# over two seeds, with a verdict that blames the missing work and a message that says what is missing.
set -uo pipefail

(($# == 2)) || { echo "usage: $0 SOURCE BUILD" >&2; exit 2; }
source=$1 build=$2 seeds=(1 2)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

fail() { echo "skeleton_test: $1" >&2; [[ -z ${2-} ]] || cat "$2" >&2; exit 1; }

# field NAME: the value of that field in each JSON line; none of them has nested objects.
field() { sed -E "s/.*\"$1\":(\"(([^\"\\\\]|\\\\.)*)\"|([^,}]*)).*/\2\4/"; }

# A warning is only seen when its file is compiled, so raft/ is compiled afresh each time, and a build
# that had warnings or errors is not reused.
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLAB_SOLUTION=OFF \
  >"$work/configure" 2>&1 || fail "cmake could not configure the skeleton" "$work/configure"
rm -rf "$build"/raft/CMakeFiles/*/*.o
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
ninja -C "$build" -j "$jobs" raft_tests >"$work/build" 2>&1 || fail "the skeleton does not build" "$work/build"
if grep -qi 'warning:' "$work/build"; then
  ninja -C "$build" -t clean >/dev/null
  fail "the compiler warns about the skeleton" "$work/build"
fi

tests=$build/tests/raft_tests
"$tests" --list | field test >"$work/tests" || fail "raft_tests --list failed"
[[ -s $work/tests ]] || fail "raft_tests --list shows no test"
while read -r name; do
  for seed in "${seeds[@]}"; do
    echo "{\"id\":0,\"test\":\"$name\",\"seed\":$seed,\"strategy\":\"mix\",\"log\":false}"
  done
done <"$work/tests" >"$work/jobs"
"$tests" --worker --jobs "$(nproc)" <"$work/jobs" >"$work/answers" || fail "the worker failed"

wanted=$(wc -l <"$work/jobs")
got=$(wc -l <"$work/answers")
((wanted == got)) || fail "$wanted runs were asked for, $got were answered" "$work/answers"
bad=0
while read -r line; do
  verdict=$(field verdict <<<"$line")
  message=$(field message <<<"$line")
  run="$(field test <<<"$line"), seed $(field seed <<<"$line")"
  case $verdict in
    liveness | contract | safety | budget)
      [[ -n $message ]] || { echo "$run: $verdict, but no message" >&2; bad=$((bad + 1)); } ;;
    *) echo "$run: wanted a failure that blames the missing work, got $verdict: $message" >&2
       bad=$((bad + 1)) ;;
  esac
done <"$work/answers"
verdicts=$(field verdict <"$work/answers" | sort | uniq -c | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }')
echo "skeleton: $(wc -l <"$work/tests") tests over ${#seeds[@]} seeds: $verdicts; $bad not as they should be"
((bad == 0))
