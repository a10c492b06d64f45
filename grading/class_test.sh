#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
#   class_test.sh RAFTLAB
#
# A small class, interrupted and resumed (bench/class.sh): one submission of each kind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
RAFTLAB=$1 bench/class.sh --seeds 1 --interrupt reference_tar_gz optimistic_pipeline old_term_commit type_error \
  empty_archive wrong_names
