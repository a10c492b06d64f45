// Part of Raftlab, under the MIT License (see LICENSE).
//
// A message's descriptor, taken apart: what a reader without the C++ type knows. Internal to
// labgob.

#ifndef RAFTLAB_LABGOB_SCHEMA_H_
#define RAFTLAB_LABGOB_SCHEMA_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "labgob/wire.h"

namespace labgob {

constexpr bool IsSigned(Kind kind) { return kind >= Kind::kInt8 && kind <= Kind::kInt64; }
constexpr bool IsInteger(Kind kind) { return kind >= Kind::kInt8 && kind <= Kind::kUint64; }
constexpr bool IsFloating(Kind kind) { return kind == Kind::kFloat || kind == Kind::kDouble; }

// An integer of any type: its 64 bits in two's complement, and whether they are below zero.
struct Integer {
  uint64_t bits = 0;
  bool negative = false;

  bool FitsIn(Kind kind) const;
  std::string ToString() const;
};

// Views in it point into the bytes that it was parsed from.
class Schema {
 public:
  struct Field {
    std::string_view name;
    int type;
  };
  struct Node {
    Kind kind;
    int first = -1;   // The element of a list, set or optional; the key of a map; a pair's first.
    int second = -1;  // The value of a map; a pair's second.
    int number = -1;  // A struct's place among the structs.
    std::string_view name = {};
    std::vector<Field> fields = {};
  };

  // Takes magic and descriptor from `in`; the value remains. Types are as deep as kMaxDepth, as
  // many as kMaxTypes, and a struct holds itself only inside a list, set, map or optional, so that
  // every walk along a value ends.
  static absl::StatusOr<Schema> Parse(Reader& in);

  int root() const { return root_; }
  int structs() const { return static_cast<int>(structs_.size()); }
  const Node& node(int type) const { return nodes_[static_cast<size_t>(type)]; }

  // `int64`, `list of LogEntry`, `map from string to int64`.
  std::string NameOf(int type) const;

  // Steps over one value and checks it; false when the bytes hold none (in.why()).
  bool Skip(int type, Reader& in, int depth) const;

 private:
  struct Parser;

  int root_ = -1;
  std::vector<Node> nodes_;
  std::vector<int> structs_;  // The structs' nodes, by number.
};

// Takes an integer, and checks that it fits the kind with which the bytes announce it.
bool ReadInteger(Kind kind, Reader& in, Integer& value);
// Appends it as `kind`. REQUIRES: it fits.
void WriteInteger(Kind kind, Integer value, Writer& out);
bool ReadFloating(Kind kind, Reader& in, double& value);

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_SCHEMA_H_
