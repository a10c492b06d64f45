// Part of Raftlab, under the MIT License (see LICENSE).

#include "/dev/zero"
#include "/proc/self/fd/0"
