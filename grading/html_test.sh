#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   html_test.sh MADE_UP_CLASS
#
# The HTML reports in a real browser without a window: hostile text stays text, rows and totals are there,
# sorting and filtering work by click, by typing and by address, the console stays empty, also with a class
# of 300. Exit code 77, for ctest a skip, without Chromium.
set -uo pipefail
made_up_class=$1
for chromium in chromium chromium-browser google-chrome ''; do
  command -v "$chromium" >/dev/null && break
done
[[ -n $chromium ]] || { echo "skipped: no Chromium; apt-get install chromium"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAILED: $1"
  failures=$((failures + 1))
}

# load PAGE[#STATE] [SCRIPT]: the page's DOM after its scripts, and then SCRIPT, have run, in $work/dom; the
# console's lines in $work/console.
load() {
  local file=${1%%#*} state=
  [[ $1 == *#* ]] && state=#${1#*#}
  cp "$file" "$work/page.html"
  [[ $# == 1 ]] || printf '<script>\n{ %s }\n</script>\n' "$2" >>"$work/page.html"
  timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$work/profile" --enable-logging=stderr --virtual-time-budget=5000 \
    --dump-dom "file://$work/page.html$state" >"$work/dom" 2>"$work/stderr" </dev/null ||
    fail "$1: Chromium ended with $?: $(tail -n 3 "$work/stderr")"
  grep ':CONSOLE' "$work/stderr" >"$work/console"
}

has() { grep -qF -- "$2" "$work/dom" || fail "$1: wanted in the page: $2"; }

# order PAGE WANTED: the names of the rows that are shown, in their order.
order() {
  local got
  got=$(grep -o '<tr data-text="[^>]*>.\{0,200\}' "$work/dom" | grep -v '^<tr[^>]* hidden' |
    sed 's/.*<th scope="row" data-v="\([^"]*\)".*/\1/' | tr '\n' ' ')
  [[ $got == "$2"* ]] || fail "$1: wanted the rows $2, got $got"
}

# safe PAGE: no script but ours has run, no markup but ours is there.
safe() {
  grep -q '<title>Grade' "$work/dom" || fail "$1: the title is $(grep -o '<title>[^<]*' "$work/dom")"
  grep -q '<img' "$work/dom" && fail "$1: there is an image"
  [[ $(grep -c '<script' "$work/dom") == "$2" ]] || fail "$1: wanted $2 scripts"
  [[ -s $work/console ]] && fail "$1: the console says: $(head -n 3 "$work/console" | cut -c 1-300)"
}

"$made_up_class" "$work/some" || exit 1
page=$work/some/grades.html

# The check of the console and the title can fail.
load "$page" 'document.title = "owned"; throw new Error("seen")'
[[ -s $work/console ]] || fail "an error does not reach the console"
grep -q '<title>owned' "$work/dom" || fail "a script cannot change the title"
load "$page" 'fetch("https://example.com")'
grep -q 'Content Security Policy' "$work/console" || fail "the policy lets the network through"

load "$page"
safe class 1
has class '10 of 10 submissions'
has class 'href="submissions/partial/report.html"'
has class '<b>56.5</b>'
has class 'aria-label="submissions by percent: 0: 2,'
order class 'build-error empty framework-fault has-findings hostile partial perfect safety-capped '

load "$page#sort=total&dir=desc&filter=graded"
safe sorted 1
order sorted 'framework-fault has-findings perfect skipped safety-capped hostile megabyte partial '
has sorted 'data-key="total" data-first="descending" class="n" aria-sort="descending"'

load "$page" 'document.querySelector("th[data-key=\"2B\"] button").click();
  document.querySelector("th[data-key=\"2B\"] button").click();
  document.body.dataset.hash = location.hash;'
safe clicked 2
order clicked 'build-error empty hostile partial megabyte safety-capped '
has clicked 'data-hash="#sort=2B&amp;dir=asc"'

load "$page" 'const box = document.getElementById("filter"); box.value = "RAFT2b.z crash";
  box.dispatchEvent(new Event("input"));'
safe filtered 2
has filtered '2 of 10 submissions'
order filtered 'hostile megabyte '

load "$page" 'document.querySelector("a[href=\"#filter=Raft2A.Y\"]").click();'
has followed '4 of 10 submissions'

for name in hostile megabyte partial build-error empty perfect; do
  load "$work/some/submissions/$name/report.html"
  safe "$name" 1
done
load "$work/some/submissions/hostile/report.html"
has hostile '&lt;/script&gt;&lt;script&gt;document.title='
has hostile '<code>./lab replay Raft2B.Z --seed 2</code><button type="button" class="copy"'
has hostile '<b>68.5%</b>'
grep -q $'\x1b\|\xe2\x80\xae' "$work/dom" && fail "hostile: an escape or a turn of direction is left"
load "$work/some/submissions/partial/report.html"
has partial '<article id="Raft2A.Y">'
has partial '2 of 4 seeds failed: liveness 2 (seeds 2, 4)'
[[ $(stat -c %s "$work/some/submissions/megabyte/report.html") -lt 500000 ]] ||
  fail "a megabyte of output is not cut"

"$made_up_class" "$work/large" 300 30 || exit 1
load "$work/large/grades.html" 'for (const key of ["2A", "2B", "total", "submission", "status"]) {
  document.querySelector(`th[data-key="${key}"] button`).click(); }
  document.body.dataset.rows = document.querySelectorAll("#grades tbody tr").length;'
safe large 2
has large 'data-rows="300"'
has large '300 of 300 submissions'

[[ $failures == 0 ]] && echo "all passed"
exit $((failures > 0))
