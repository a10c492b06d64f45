// Part of Raftlab, under the MIT License (see LICENSE).

#include "@SECRET@"
#include "@TREE@/tests/raft_2a_test.cc"
#include "../../../../../..@SECRET@"
