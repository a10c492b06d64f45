// Part of Raftlab, under the MIT License (see LICENSE).
//
// How the node host finds lab 2's servers in the shared object that they are built into
// (sim/node_process.h).

#include "raft/server.h"

extern "C" __attribute__((visibility("default"))) void raftlab_program(
    const sim::BootImage& image) {
  raft::RunServer(image);
}
