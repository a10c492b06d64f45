#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   linearize_test.sh RAFTLAB
#
# ./lab linearize as it is typed: exit codes and sentences; and its page in a browser without a window: hostile
# text stays text, bars can be jumped to and looked at, the console stays empty. Exit code 77, for ctest a skip, if
# all that was tried passed and there is no Chromium.
set -uo pipefail
raftlab=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAILED: $1"
  failures=$((failures + 1))
}

# linearize EXIT_CODE TEXT ARGUMENT...: it ends so, and says the text.
linearize() {
  local code=$1 text=$2 got=0
  shift 2
  RAFTLAB_ROOT=$work RAFTLAB_BUILD=$work "$raftlab" linearize "$@" >"$work/said" 2>&1 </dev/null || got=$?
  [[ $got == "$code" ]] || fail "linearize $*: exit code $got, wanted $code: $(head -n 3 "$work/said")"
  grep -qF -- "$text" "$work/said" || fail "linearize $*: wanted the text: $text"
}

# ---- The command. ----

cat >"$work/legal" <<'END'
{"schema": "raftlab-history-1", "model": "kv"}
{"client": 1, "call": 100, "return": 250, "op": "append", "key": "x", "value": "1 7;"}
{"client": 3, "call": 300, "return": 420, "op": "get", "key": "x", "output": "1 7;"}
{"client": 1, "call": 500, "return": null, "op": "put", "key": "x", "value": "</title><script>document.title='owned'</script>"}
{"band": "<b>partition</b>", "begin": 240, "end": 310}
END
sed 's/"output": "1 7;"/"output": ""/' "$work/legal" >"$work/illegal"
linearize 0 'is linearizable' "$work/legal"
linearize 1 'The longest prefix of the operations on "x" that is linearizable ends at 420 ns' "$work/illegal"
linearize 2 'line 1: has a quote without its end' "$work/legal" --format plain --model kv
linearize 2 'line 1: is not {"schema": "raftlab-history-1", "model": "lock"}' "$work/legal" --model lock
linearize 2 'there is no model tree.' "$work/legal" --model tree
linearize 2 'No such file or directory' "$work/nothing"
linearize 2 'cannot be read: Is a directory' "$work"
linearize 2 '--max-steps none: how much to search is a whole number' "$work/legal" --max-steps none
linearize 2 'cannot write --html' "$work/legal" --html "$work/no/folder.html"
linearize 2 'FILE' # is required
linearize 0 'band 240 310 partition' --help
{
  echo 'model queue'
  for i in {0..9}; do echo "$i 0 100 enqueue $i"; done
  for i in {1..10}; do echo "1$i 200 300 dequeue $i"; done
} >"$work/hard"
linearize 1 'must not be taken for legal: the budget of 1000 steps ran out' "$work/hard" --max-steps 1000
# The examples of the help are what they are said to be.
linearize 0 '' --help
sed -n 's/^  \([{1-9mb]\)/\1/p' "$work/said" >"$work/examples"
grep '^{' "$work/examples" >"$work/example.json"
grep '^model\|^[1-9]\|^band' "$work/examples" >"$work/example.txt"
linearize 0 '(3 operations by 2 clients, model kv) is linearizable' "$work/example.json"
linearize 0 '(3 operations by 2 clients, model kv) is linearizable' "$work/example.txt"

# ---- The page. ----

for chromium in chromium chromium-browser google-chrome ''; do
  command -v "$chromium" >/dev/null && break
done
if [[ -z $chromium ]]; then
  [[ $failures == 0 ]] || exit 1
  echo "the pages were skipped: no Chromium; apt-get install chromium"
  exit 77
fi

# load PAGE [SCRIPT]: the page's DOM after its script, and then SCRIPT, have run, in $work/dom; the console's lines
# in $work/console.
load() {
  cp "$1" "$work/page.html"
  [[ $# == 1 ]] || printf '<script>\n{ %s }\n</script>\n' "$2" >>"$work/page.html"
  timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --window-size=800,600 \
    --user-data-dir="$work/profile" --enable-logging=stderr --virtual-time-budget=5000 \
    --dump-dom "file://$work/page.html" >"$work/dom" 2>"$work/stderr" </dev/null ||
    fail "$1: Chromium ended with $?: $(tail -n 3 "$work/stderr")"
  grep ':CONSOLE' "$work/stderr" >"$work/console"
}

has() { grep -qF -- "$2" "$work/dom" || fail "$1: wanted in the page: $2"; }

# safe NAME TITLE SCRIPTS: no script but ours has run, no markup but ours is there.
safe() {
  grep -qF "<title>$2" "$work/dom" || fail "$1: the title is $(grep -o '<title>[^<]*' "$work/dom" | head -n 1)"
  grep -q '<b>' "$work/dom" && fail "$1: a text has become markup"
  [[ $(grep -c '<script' "$work/dom") == "$3" ]] || fail "$1: wanted $3 scripts"
  [[ -s $work/console ]] && fail "$1: the console says: $(head -n 3 "$work/console" | cut -c 1-300)"
}

linearize 0 'is linearizable' "$work/legal" --html "$work/legal.html"
load "$work/legal.html" 'document.title = "owned"; throw new Error("seen")'
[[ -s $work/console ]] || fail "an error does not reach the console"
load "$work/legal.html" 'fetch("https://example.com")'
grep -q 'Content Security Policy' "$work/console" || fail "the policy lets the network through"

load "$work/legal.html"
safe legal 'legal: ' 1
has legal 'number 2 in a legal order'
has legal "document.title=\\'owned\\'&lt;/script&gt;"
has legal '&lt;b&gt;partition&lt;/b&gt;'

linearize 1 'is not linearizable' "$work/illegal" --html "$work/illegal.html"
load "$work/illegal.html" 'document.querySelector("a.jump").click();
  document.body.dataset.witness = document.querySelectorAll("svg.witness").length;
  document.body.dataset.order = document.querySelectorAll("circle.point").length;'
safe illegal 'illegal: ' 2
has illegal 'data-witness="2"'
has illegal 'data-order="1"'
has illegal 'id="break"'
has illegal 'class="op witness shown"'
grep -A1 '<div id="shown">' "$work/dom" | grep -qF 'client 1: Append("x", "1 7;") returned' ||
  fail "a click on a jump does not show the operation"

# A long history: what is drawn is around the witness, and a jump brings it into view.
{
  echo 'model kv'
  for i in {1..2000}; do echo "$((i % 7)) $((10 * i)) $((10 * i + 25)) put x v$i;"; done
  echo '8 15000 15001 get x v900;'
} >"$work/long"
linearize 1 'is not linearizable' "$work/long" --html "$work/long.html" --max-steps 100000
load "$work/long.html" 'const scroller = document.querySelector(".scroll");
  document.body.dataset.before = scroller.scrollLeft;
  const jumps = document.querySelectorAll("a.jump");
  jumps[jumps.length - 1].click();
  const bar = document.querySelector(".op.shown").getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  document.body.dataset.seen = bar.right > frame.left && bar.left < frame.right && scroller.scrollLeft > 0;
  document.body.dataset.bars = document.querySelectorAll("svg.op").length;'
safe long 'illegal: ' 2
has long 'Drawn are 300 of 2001 operations'
has long 'data-bars="300"'
has long 'data-before="0"'
has long 'data-seen="true"'
[[ $(stat -c %s "$work/long.html") -lt 500000 ]] || fail "the page of a long history is not cut"

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
