// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/node_control.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace sim {
namespace {

// Room for the descriptors that go beside a datagram.
struct alignas(cmsghdr) FileRoom {
  char bytes[CMSG_SPACE(kMostRequestFiles * sizeof(int))];
};

}  // namespace

bool SendRequest(int socket, const NodeRequest& request, const int* files, int file_count) {
  const char head[kRequestHeadBytes] = {static_cast<char>(request.kind),
                                        static_cast<char>(request.cpu & 0xff),
                                        static_cast<char>(request.cpu >> 8)};
  const std::string bytes = std::string(head, sizeof(head)) + request.text;
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  const size_t file_bytes = static_cast<size_t>(file_count) * sizeof(int);
  FileRoom room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes;
  message.msg_controllen = CMSG_SPACE(file_bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(file_bytes);
  std::memcpy(CMSG_DATA(header), files, file_bytes);
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

bool ReceiveRequest(int socket, NodeRequest* request, int* files, int* file_count) {
  static char bytes[kMostRequestBytes];
  iovec part{.iov_base = bytes, .iov_len = sizeof(bytes)};
  FileRoom room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes;
  message.msg_controllen = sizeof(room.bytes);
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < static_cast<ssize_t>(kRequestHeadBytes)) return false;
  request->kind = static_cast<NodeRequest::Kind>(bytes[0]);
  request->cpu = static_cast<unsigned char>(bytes[1]) | static_cast<unsigned char>(bytes[2]) << 8;
  request->text.assign(bytes + kRequestHeadBytes, static_cast<size_t>(got) - kRequestHeadBytes);
  *file_count = 0;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr) {
    *file_count = static_cast<int>((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(files, CMSG_DATA(header), static_cast<size_t>(*file_count) * sizeof(int));
  }
  return true;
}

}  // namespace sim
