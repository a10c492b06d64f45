// Part of Raftlab, under the MIT License (see LICENSE).
//
// A log of commands, each by a caller. Whoever waits, waits for a caller's serial number, not for a
// place in the log: whichever entry brings the command to this server, and whoever has started it,
// all that wait for it here get the result. Machines see to it that a command that comes twice
// changes nothing the second time.
//
// Fibers: "commands" runs what is committed, and each caller has its own. `mu` guards the machine
// and those who wait.

#ifndef RAFTLAB_SHARDKV_REPLICA_H_
#define RAFTLAB_SHARDKV_REPLICA_H_

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "absl/base/thread_annotations.h"
#include "labgob/labgob.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "sim/check.h"
#include "sim/mutex.h"

namespace shardkv {

// A client, or a server that has something to tell its group, and its how-manieth command it is.
struct Caller {
  uint64_t name = 0;
  int64_t serial = 0;

  // One that nobody has been before.
  static Caller New();
  auto operator<=>(const Caller&) const = default;
};
BOOST_DESCRIBE_STRUCT(Caller, (), (name, serial))

// What the commands change. CommandLog::mu is held.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual std::string Run(const std::string& command) = 0;
  virtual std::string ToBytes() const = 0;
  virtual void FromBytes(const std::string& bytes) = 0;
};

class CommandLog {
 public:
  // With `limit` 0 there are no snapshots; else they are made before Raft's state has so many
  // bytes.
  CommandLog(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
             int64_t limit, Machine* machine);
  CommandLog(const CommandLog&) = delete;
  CommandLog& operator=(const CommandLog&) = delete;

  // The machine's result, or nothing if this server does not lead or has waited too long.
  std::optional<std::string> Run(const Caller& caller, const std::string& command)
      ABSL_LOCKS_EXCLUDED(mu);
  // The same in terms of structs; an empty reply if there is no result.
  template <class Reply, class Command>
  Reply RunAs(const Caller& caller, const Command& command) {
    const std::optional<std::string> result = Run(caller, labgob::Encode(command));
    if (!result.has_value()) return {};
    absl::StatusOr<Reply> reply = labgob::Decode<Reply>(*result);
    SIM_REQUIRE(reply.ok(), "the result of a command is not what its caller wants");
    return *std::move(reply);
  }

  // The term in which this server leads; 0 if it does not.
  int64_t Leads() const;

  sim::Mutex mu;

 private:
  struct Entry {
    Caller caller;
    std::string command;
    BOOST_DESCRIBE_CLASS(Entry, (), (caller, command), (), ())
  };
  // All who wait for the same command.
  struct Meeting {
    std::optional<std::string> result = {};
    sim::CondVar over = {};
  };

  void RunCommitted() ABSL_LOCKS_EXCLUDED(mu);
  void RunOne(const raft::ApplyMsg& msg) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t limit_;
  Machine* const machine_;

  std::map<Caller, std::shared_ptr<Meeting>> meetings_ ABSL_GUARDED_BY(mu);
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_REPLICA_H_
