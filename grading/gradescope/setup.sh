#!/usr/bin/env bash
# Part of Raftlab, under the MIT License (see LICENSE).
#
# What Gradescope runs once, as root, when it makes the image of an autograder: installs what Raftlab
# needs and builds it, so that a run compiles only the student's files.
set -uo pipefail

# Elsewhere only in tests.
autograder=${RAFTLAB_AUTOGRADER:-/autograder}

export DEBIAN_FRONTEND=noninteractive LAB_PRESET=release
# More at once may not fit the image builder's memory.
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-2}
if ! bash "$autograder/source/raftlab/lab" grade --help >/dev/null; then
  . /etc/os-release
  echo "setup.sh: Raftlab could not be built on ${PRETTY_NAME-this system}; the words above say why. It needs" >&2
  echo "Debian 12, Ubuntu 24.04 or newer: choose such a base image under Configure Autograder." >&2
  exit 1
fi
chmod o= "$autograder/source"
echo "setup.sh: Raftlab is built."
