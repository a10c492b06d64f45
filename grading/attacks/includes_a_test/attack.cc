// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/raft_2a_test.cc"
