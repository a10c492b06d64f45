// Part of Raftlab, under the MIT License (see LICENSE).
//
// Remote calls, as a server sees them. A ClientEnd calls another server; a Service is what this one
// answers to.
//
//   std::optional<RequestVoteReply> reply = peer.Call<RequestVoteReply>("Raft.RequestVote", args);
//   if (!reply) return;  // lost, late, or nobody there: the network does not say which
//
//   labrpc::Service service("Raft");
//   service.Handle("RequestVote", this, &Raft::RequestVote);
//   labrpc::Serve(std::move(service));
//
// A call waits: the caller's fiber sleeps until the reply is in, or until the network gives up,
// which may take seconds. No reply is the one failure. The handler may have run all the same, once
// or more. Arguments and replies travel as bytes (labgob/labgob.h), so caller and handler share no
// memory. Each request runs on a fiber of its own.

#ifndef RAFTLAB_LABRPC_LABRPC_H_
#define RAFTLAB_LABRPC_LABRPC_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "labgob/labgob.h"
#include "sim/fiber.h"

namespace labrpc {

namespace internal {

// Sends a request and waits for the bytes of its reply.
std::optional<std::string> CallBytes(int to, std::string_view method, std::string args,
                                     sim::Place place);
// Ends the run with a contract violation: bytes that are not what the program expects.
[[noreturn]] void CannotDecode(std::string_view what, std::string_view method,
                               const absl::Status& status);

}  // namespace internal

// One server's connection to another. Copies are the same connection. Any fiber may call at any
// time, several at once too.
class ClientEnd {
 public:
  // `server` is the other's number, 0 to n-1.
  explicit ClientEnd(int server) : server_(server) {}

  // Calls "Service.Method" and waits. Do not hold a mutex meanwhile: the handler that would answer
  // may need it, and the run warns of it. Whatever was true before the call must be checked again
  // after.
  template <class Reply, class Args>
  std::optional<Reply> Call(std::string_view method, const Args& args,
                            const char* file = __builtin_FILE(),
                            int line = __builtin_LINE()) const {
    const std::optional<std::string> bytes =
        internal::CallBytes(server_, method, labgob::Encode(args), {file, line});
    if (!bytes.has_value()) return std::nullopt;
    absl::StatusOr<Reply> reply = labgob::Decode<Reply>(*bytes);
    if (!reply.ok()) internal::CannotDecode("reply", method, reply.status());
    return *std::move(reply);
  }

  int server() const { return server_; }

 private:
  int server_;
};

// A named set of methods that this server answers to. Serve() makes it reachable.
class Service {
 public:
  // Arguments to reply, as bytes.
  using Handler = std::function<std::string(std::string_view args)>;

  explicit Service(std::string name) : name_(std::move(name)) {}

  // `method` is called as "Name.Method". The object must outlive the machine's boot, as every
  // server does.
  template <class Object, class Reply, class Args>
  void Handle(std::string_view method, Object* object, Reply (Object::*function)(const Args&)) {
    Handle<Args>(method,
                 [object, function](const Args& args) { return (object->*function)(args); });
  }

  // The same for anything that can be called with `const Args&` and returns the reply.
  template <class Args, class Function>
  void Handle(std::string_view method, Function function) {
    const std::string name = name_ + "." + std::string(method);
    handlers_[name] = [name, function = std::move(function)](std::string_view bytes) {
      absl::StatusOr<Args> args = labgob::Decode<Args>(bytes);
      if (!args.ok()) internal::CannotDecode("arguments", name, args.status());
      return labgob::Encode(function(*args));
    };
  }

  const std::map<std::string, Handler, std::less<>>& handlers() const { return handlers_; }

 private:
  std::string name_;
  std::map<std::string, Handler, std::less<>> handlers_;
};

// Makes a service of this machine reachable, from now on until it crashes. A server may have
// several.
void Serve(const Service& service);

}  // namespace labrpc

#endif  // RAFTLAB_LABRPC_LABRPC_H_
