// Part of Raftlab, under the MIT License (see LICENSE).
//
// Bytes from a stranger: whatever they are, labgob gives a value or an error. A value that it gives
// encodes to bytes that decode to an equal one.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labgob/labgob.h"

namespace {

enum class Role : uint8_t { kFollower, kLeader };

struct LogEntry {
  int64_t term = 1;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct AppendEntriesArgs {
  int64_t term = 0;
  int32_t leader_id = -1;
  std::vector<LogEntry> entries;
  uint64_t leader_commit = 0;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (), (term, leader_id, entries, leader_commit))

// Reads an AppendEntriesArgs too, by the slow road: other widths, another order, one more field.
struct ChangedArgs {
  uint16_t leader_commit = 9;
  std::vector<LogEntry> entries = {{.term = 4, .command = "default"}};
  LogEntry newest = {.term = 5, .command = "newest"};
  int8_t term = 3;
};
BOOST_DESCRIBE_STRUCT(ChangedArgs, (), (leader_commit, entries, newest, term))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Tree {
  int16_t value = 0;
  std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, children))

struct Everything {
  bool flag = false;
  Role role = Role::kFollower;
  float narrow = 0;
  double wide = 0;
  std::vector<bool> flags;
  std::vector<uint8_t> raw;
  std::array<int8_t, 2> two = {};
  std::map<std::string, std::vector<int32_t>> table;
  std::set<uint16_t> marks;
  std::pair<int64_t, std::string> both;
  std::optional<LogEntry> maybe;
  Nothing nothing;
  Tree tree;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, role, narrow, wide, flags, raw, two, table, marks, both, maybe,
                       nothing, tree))

void Demand(bool condition, const char* sentence) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", sentence);
  std::abort();
}

// Equal means: the same bytes again. That is equality for NaN as well.
template <class T>
void TryAs(std::string_view bytes) {
  const absl::StatusOr<T> value = labgob::Decode<T>(bytes);
  if (!value.ok()) {
    Demand(!value.status().message().empty(), "an error without a sentence");
    return;
  }
  Demand(labgob::Describe(bytes).ok(), "decoded, but could not be described");
  const std::string again = labgob::Encode(*value);
  const absl::StatusOr<T> second = labgob::Decode<T>(again);
  Demand(second.ok(), "what was decoded could not be encoded and decoded again");
  Demand(labgob::Encode(*second) == again, "encoding and decoding changed the value");
}

void TryAll(std::string_view bytes) {
  TryAs<int32_t>(bytes);
  TryAs<std::string>(bytes);
  TryAs<std::vector<std::string>>(bytes);
  TryAs<std::map<int64_t, double>>(bytes);
  TryAs<AppendEntriesArgs>(bytes);
  TryAs<ChangedArgs>(bytes);
  TryAs<Tree>(bytes);
  TryAs<Everything>(bytes);
  const absl::StatusOr<std::string> text = labgob::Describe(bytes, 200);
  if (text.ok()) {
    Demand(text->size() <= 200, "a description longer than allowed");
    Demand(labgob::FieldNames(bytes).ok(), "described, but without field names");
  }
}

// The fuzzer would need long to find a descriptor, so the first byte chooses one to put in front.
template <class T>
std::string HeaderOf() {
  return labgob::TypeOf<T>().header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array<std::string, 7> headers = {HeaderOf<AppendEntriesArgs>(),
                                                     HeaderOf<ChangedArgs>(),
                                                     HeaderOf<Tree>(),
                                                     HeaderOf<Everything>(),
                                                     HeaderOf<std::string>(),
                                                     HeaderOf<std::vector<std::string>>(),
                                                     HeaderOf<std::map<int64_t, double>>()};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryAll(bytes);
  if (size > 0 && data[0] < headers.size()) {
    TryAll(headers[data[0]] + std::string(bytes.substr(1)));
  }
  return 0;
}
