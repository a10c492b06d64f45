#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   attacks_test.sh RAFTLAB [NAME...]
#
# The attack suite (grading/attacks), or these attacks of it. Skipped without a sandbox, which is what it
# tries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! bwrap --ro-bind / / --unshare-all true 2>/dev/null; then
  echo "attacks_test.sh: bubblewrap does not work here." >&2
  exit 77
fi
work=$(mktemp -d /var/tmp/raftlab-attacks.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"  # only the sandbox may hide it
raftlab=$1
shift
grading/attacks/attacks.py "$raftlab" . "$work" "$@"
