// Part of Raftlab, under the MIT License (see LICENSE).
//
// How a judge asks the node host (node_host.cc) for processes: one datagram on a SOCK_SEQPACKET
// socket, with file descriptors beside it. Runs of one judge share the socket; a request needs no
// answer.

#ifndef RAFTLAB_SIM_NODE_CONTROL_H_
#define RAFTLAB_SIM_NODE_CONTROL_H_

#include <cstdint>
#include <string>

namespace sim {

// What the judge asks for. The descriptors, in this order:
struct NodeRequest {
  enum class Kind : uint8_t {
    // A process for one life of one node, on processor `cpu`. Descriptors: the pipe of frames to
    // it, the one from it, the file that takes what it prints, the write end of a pipe. It is
    // killed when the other end of the pipe closes; if it ends before, how it ended is written
    // there, as waitpid says it (an int).
    kNode,
    // addr2line over `text`, which is its arguments behind the program, separated by blanks.
    // Descriptors: the file that takes its answer, the write end of a pipe as above.
    kSymbols,
  };
  Kind kind = Kind::kNode;
  int cpu = 0;
  std::string text = {};
};

inline constexpr size_t kRequestHeadBytes = 3;  // kind and processor
inline constexpr size_t kMostRequestBytes = 32 << 10;
inline constexpr int kMostRequestFiles = 4;
// The node host's descriptor.
inline constexpr int kControlSocket = 3;
// A node's process's descriptors. Pipes: here a turn of two processes costs half of a socket's.
inline constexpr int kFramesIn = 3;
inline constexpr int kFramesOut = 4;

// False if the other side is gone.
bool SendRequest(int socket, const NodeRequest& request, const int* files, int file_count);
// Waits. Fills in at most kMostRequestFiles descriptors; false if the judge is gone.
bool ReceiveRequest(int socket, NodeRequest* request, int* files, int* file_count);

}  // namespace sim

#endif  // RAFTLAB_SIM_NODE_CONTROL_H_
