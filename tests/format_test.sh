#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   tests/format_test.sh SOURCE_DIR CLANG_FORMAT
#
# Fails, and names the places, if a source is not as .clang-format has it.
set -uo pipefail
cd "$1" || exit 2
if find . -path ./build -prune -o \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 "$2" --dry-run -Werror; then
  echo "every source is formatted"
else
  echo "run: clang-format -i on the files above" >&2
  exit 1
fi
