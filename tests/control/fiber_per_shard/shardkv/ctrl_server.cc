// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_server.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "shardkv/balance.h"
#include "sim/check.h"

namespace shardkv {

// ---- History. ----

History::History(size_t shards) {
  record_.shards = shards;
  built_[0].shards.resize(shards, kNobody);
}

std::string History::Run(const std::string& bytes) {
  const absl::StatusOr<Command> command = labgob::Decode<Command>(bytes);
  SIM_REQUIRE(command.ok(), "a command of the controller cannot be read");
  if (command->lookup.has_value()) {
    const int64_t number = command->lookup->number;
    const bool is_known = number >= 0 && number < newest();
    return labgob::Encode(LookupReply{.ok = true, .config = Build(is_known ? number : newest())});
  }
  if (command->change.has_value()) Change(*command->change);
  return labgob::Encode(ChangeReply{.ok = true});
}

void History::Change(const ChangeArgs& args) {
  int64_t& last = record_.last_change[args.caller.name];
  if (args.caller.serial <= last) return;
  last = args.caller.serial;

  const Config& now = Build(newest());
  Difference difference{
      .new_groups = args.coming, .lost_groups = args.going, .new_owners = args.moved};
  if (args.moved.empty()) {
    Groups groups = now.groups;
    for (const auto& [gid, servers] : args.coming) groups[gid] = servers;
    for (const Gid gid : args.going) groups.erase(gid);
    const std::vector<Gid> dealt = Deal(now.shards, groups);
    for (size_t shard = 0; shard < dealt.size(); ++shard) {
      if (dealt[shard] == now.shards[shard]) continue;
      difference.new_owners[static_cast<int64_t>(shard)] = dealt[shard];
    }
  }
  record_.differences.push_back(std::move(difference));
}

const Config& History::Build(int64_t number) {
  const auto nearest = std::prev(built_.upper_bound(number));
  if (nearest->first == number) return nearest->second;
  Config config = nearest->second;
  while (config.number < number) {
    const Difference& difference = record_.differences[static_cast<size_t>(config.number)];
    for (const auto& [gid, servers] : difference.new_groups) config.groups[gid] = servers;
    for (const Gid gid : difference.lost_groups) config.groups.erase(gid);
    for (const auto& [shard, gid] : difference.new_owners) {
      config.shards.at(static_cast<size_t>(shard)) = gid;
    }
    ++config.number;
  }
  if (built_.size() >= kBuiltAtMost) built_.erase(std::next(built_.begin()));
  return built_[number] = std::move(config);
}

std::string History::ToBytes() const { return labgob::Encode(record_); }

void History::FromBytes(const std::string& bytes) {
  absl::StatusOr<Record> record = labgob::Decode<Record>(bytes);
  SIM_REQUIRE(record.ok(), "a snapshot of the controller cannot be read");
  record_ = *std::move(record);
  built_.erase(std::next(built_.begin()), built_.end());
}

// ---- CtrlServer. ----

CtrlServer::CtrlServer(raft::Raft* raft, raft::Persister* persister,
                       raft::ApplyChannel* apply_channel, size_t shards)
    : history_(shards), log_(raft, persister, apply_channel, 0, &history_) {
  labrpc::Service service("CtrlServer");
  service.Handle("Change", this, &CtrlServer::Change);
  service.Handle("Lookup", this, &CtrlServer::Lookup);
  labrpc::Serve(service);
}

ChangeReply CtrlServer::Change(const ChangeArgs& args) {
  return log_.RunAs<ChangeReply>(args.caller, History::Command{.change = args});
}

LookupReply CtrlServer::Lookup(const LookupArgs& args) {
  return log_.RunAs<LookupReply>(args.caller, History::Command{.lookup = args});
}

}  // namespace shardkv
