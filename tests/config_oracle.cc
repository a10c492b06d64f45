// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/config_oracle.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/failure.h"

namespace tests {
namespace {

using shardkv::Config;
using shardkv::Gid;
using shardkv::kNobody;
using sim::Verdict;

int CountMoves(const Config& before, const Config& after) {
  int moved = 0;
  for (size_t shard = 0; shard < after.shards.size(); ++shard) {
    moved += before.shards[shard] != after.shards[shard];
  }
  return moved;
}

// How many shards must move from one configuration to another with these groups.
int FewestMoves(const Config& before, const shardkv::Groups& groups) {
  std::vector<int> had;  // by those that stay or come: how many shards they had
  for (const auto& [gid, servers] : groups) {
    had.push_back(static_cast<int>(std::ranges::count(before.shards, gid)));
  }
  std::ranges::sort(had, std::greater<>());
  const int shards = static_cast<int>(before.shards.size());
  const int all = static_cast<int>(had.size());
  int stay = 0;
  for (int rank = 0; rank < all; ++rank) {
    stay += std::min(had[static_cast<size_t>(rank)], shards / all + (rank < shards % all ? 1 : 0));
  }
  return shards - stay;
}

}  // namespace

std::string Shown(const Config& config) {
  return absl::StrFormat(
      "configuration %d: groups %s, shards at %s", config.number,
      absl::StrJoin(config.groups, " ",
                    [](std::string* out, const auto& entry) { absl::StrAppend(out, entry.first); }),
      absl::StrJoin(config.shards, " "));
}

std::optional<std::string> FindImbalance(const Config& config) {
  std::map<Gid, int> counts;
  for (const auto& [gid, servers] : config.groups) counts[gid] = 0;
  for (const Gid gid : config.shards) {
    const bool fits = config.groups.empty() ? gid == kNobody : config.groups.contains(gid);
    if (!fits) {
      return absl::StrFormat("a shard is at %d, which is no group of this configuration; %s", gid,
                             Shown(config));
    }
    ++counts[gid];
  }
  if (config.groups.empty()) return std::nullopt;
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), by_count);
  if (most->second - least->second <= 1) return std::nullopt;
  return absl::StrFormat(
      "group %d has %d shards and group %d has %d: they are to be divided as evenly as possible; "
      "%s",
      most->first, most->second, least->first, least->second, Shown(config));
}

std::optional<std::string> FindWrongMoves(const Config& before, const Config& after) {
  if (auto imbalance = FindImbalance(after)) return imbalance;
  if (after.groups.empty()) return std::nullopt;
  const int moved = CountMoves(before, after);
  const int fewest = FewestMoves(before, after.groups);
  if (moved <= fewest) return std::nullopt;
  return absl::StrFormat(
      "%d shards moved, and %d would do: no shard moves that need not; from %s to %s", moved,
      fewest, Shown(before), Shown(after));
}

void ConfigOracle::Compare(const Config& config, const std::string& from) {
  const auto [it, is_new] = known_.try_emplace(config.number, Known{config, from});
  if (is_new || it->second.config == config) return;
  sim::Fail(Verdict::kSafety,
            absl::StrFormat("%s has %s; %s has %s: a configuration is the same wherever and "
                            "whenever it is seen, on every server and for ever",
                            from, Shown(config), it->second.from, Shown(it->second.config)));
}

void ConfigOracle::Published(const Config& config) { Compare(config, "a Query"); }

void ConfigOracle::Booted(sim::NodeId server, bool has_snapshot) {
  servers_[server] = {.last = 0, .goes_on_anywhere = has_snapshot};
}

void ConfigOracle::Adopted(sim::NodeId server, const Config& config) {
  Server& state = servers_[server];
  if (!state.goes_on_anywhere && config.number != state.last + 1) {
    sim::Fail(Verdict::kSafety,
              absl::StrFormat("n%d adopts configuration %d after configuration %d: every server "
                              "adopts 1, 2, 3 and so on, each once, as its log has them",
                              server, config.number, state.last));
  }
  state = {.last = config.number};
  Compare(config, absl::StrCat("n", server));
}

void ConfigOracle::CheckAll(const std::vector<Config>& configs) {
  for (size_t number = 0; number < configs.size(); ++number) {
    const Config& config = configs[number];
    if (config.number != static_cast<int64_t>(number)) {
      sim::Fail(Verdict::kContract,
                absl::StrFormat("Query(%d) returned %s", number, Shown(config)));
    }
    Compare(config, "a Query");
    if (number == 0) continue;
    const Config& before = configs[number - 1];
    const bool can_be_a_move = config.groups == before.groups && CountMoves(before, config) <= 1;
    if (can_be_a_move) continue;
    if (auto wrong = FindWrongMoves(before, config)) {
      sim::Fail(Verdict::kContract, *std::move(wrong));
    }
  }
  if (known_.empty() || known_.rbegin()->first < static_cast<int64_t>(configs.size())) return;
  const Known& beyond = known_.rbegin()->second;
  sim::Fail(Verdict::kSafety,
            absl::StrFormat("%s has configuration %d, and the controller's newest is %d: what it "
                            "has once published is never undone",
                            beyond.from, beyond.config.number, configs.size() - 1));
}

}  // namespace tests
