// Part of Raftlab, under the MIT License (see LICENSE).

// What the node host looks for in a server's shared object.
extern "C" __attribute__((visibility("default"))) void raftlab_program(const sim::BootImage&) {
  attack::SendFrame(6, attack::Failed("pass", "everything passed"));
}
