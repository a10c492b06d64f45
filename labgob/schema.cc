// Part of Raftlab, under the MIT License (see LICENSE).

#include "labgob/schema.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace labgob {
namespace {

int BitsOf(Kind kind) {
  const Kind first = IsSigned(kind) ? Kind::kInt8 : Kind::kUint8;
  return 8 << (static_cast<int>(kind) - static_cast<int>(first));
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

}  // namespace

bool Integer::FitsIn(Kind kind) const {
  const int bits_of_kind = BitsOf(kind);
  if (!IsSigned(kind)) return !negative && (bits_of_kind == 64 || bits >> bits_of_kind == 0);
  const uint64_t magnitude = negative ? ~bits : bits;
  return magnitude >> (bits_of_kind - 1) == 0;
}

std::string Integer::ToString() const {
  return negative ? absl::StrCat(static_cast<int64_t>(bits)) : absl::StrCat(bits);
}

bool ReadInteger(Kind kind, Reader& in, Integer& value) {
  if (BitsOf(kind) == 8) {
    uint8_t byte = 0;
    if (!in.Byte(byte)) return false;
    const int64_t v = IsSigned(kind) ? static_cast<int8_t>(byte) : static_cast<int64_t>(byte);
    value = {static_cast<uint64_t>(v), v < 0};
    return true;
  }
  if (!in.Varint(value.bits)) return false;
  value.negative = false;
  if (IsSigned(kind)) {
    const int64_t v = UnZigZag(value.bits);
    value = {static_cast<uint64_t>(v), v < 0};
  }
  return value.FitsIn(kind) || in.Fail("an integer does not fit its type");
}

void WriteInteger(Kind kind, Integer value, Writer& out) {
  if (BitsOf(kind) == 8) {
    out.Byte(static_cast<uint8_t>(value.bits));
  } else {
    out.Varint(IsSigned(kind) ? ZigZag(static_cast<int64_t>(value.bits)) : value.bits);
  }
}

bool ReadFloating(Kind kind, Reader& in, double& value) {
  std::string_view bytes;
  if (kind == Kind::kFloat) {
    float narrow = 0;
    if (!in.Bytes(sizeof(narrow), bytes)) return false;
    std::memcpy(&narrow, bytes.data(), sizeof(narrow));
    value = narrow;
    return true;
  }
  if (!in.Bytes(sizeof(value), bytes)) return false;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return true;
}

struct Schema::Parser {
  Reader& in;
  Schema schema = {};
  // How many lists, sets, maps and optionals are around the type at hand, and were around each
  // struct that is still open (-1: closed).
  int guards = 0;
  std::vector<int> guards_of_open = {};

  bool ParseType(int depth, int& type);
  bool ParseStruct(int depth, int node);
  bool ParseStructAgain(int& type);
};

bool Schema::Parser::ParseType(int depth, int& type) {
  uint8_t byte = 0;
  if (!in.Byte(byte)) return false;
  if (depth >= kMaxDepth) return in.FailDeep();
  if (byte == 0 || byte > static_cast<uint8_t>(Kind::kStructAgain)) {
    return in.Fail("the description of the type holds an unknown kind");
  }
  const Kind kind = static_cast<Kind>(byte);
  if (kind == Kind::kStructAgain) return ParseStructAgain(type);
  if (schema.nodes_.size() >= kMaxTypes) return in.Fail("the description of the type is too large");
  type = static_cast<int>(schema.nodes_.size());
  schema.nodes_.push_back(Node{.kind = kind});
  if (kind < Kind::kList) return true;
  if (kind == Kind::kStruct) return ParseStruct(depth, type);

  const bool guards_it = kind != Kind::kPair;
  guards += guards_it ? 1 : 0;
  int first = -1, second = -1;
  if (!ParseType(depth + 1, first)) return false;
  if ((kind == Kind::kMap || kind == Kind::kPair) && !ParseType(depth + 1, second)) return false;
  guards -= guards_it ? 1 : 0;
  schema.nodes_[static_cast<size_t>(type)].first = first;
  schema.nodes_[static_cast<size_t>(type)].second = second;
  return true;
}

bool Schema::Parser::ParseStruct(int depth, int node) {
  const size_t number = schema.structs_.size();
  schema.structs_.push_back(node);
  guards_of_open.push_back(guards);
  std::string_view name;
  size_t count = 0;
  if (!in.String(name) || !in.Count(count)) return false;
  if (!IsName(name)) return in.Fail("the description of the type holds a strange struct name");
  if (count > kMaxTypes) return in.Fail("the description of the type is too large");
  std::vector<Field> fields;
  for (; count > 0; --count) {
    Field field = {};
    if (!in.String(field.name) || !ParseType(depth + 1, field.type)) return false;
    if (!IsName(field.name)) {
      return in.Fail("the description of the type holds a strange field name");
    }
    for (const Field& earlier : fields) {
      if (earlier.name == field.name) return in.Fail("a struct is described with one field twice");
    }
    fields.push_back(field);
  }
  guards_of_open[number] = -1;
  Node& self = schema.nodes_[static_cast<size_t>(node)];
  self.number = static_cast<int>(number);
  self.name = name;
  self.fields = std::move(fields);
  return true;
}

bool Schema::Parser::ParseStructAgain(int& type) {
  uint64_t number = 0;
  if (!in.Varint(number)) return false;
  if (number >= schema.structs_.size()) {
    return in.Fail("the description of the type refers to a struct that it lacks");
  }
  if (guards_of_open[number] >= guards) return in.Fail("a struct is described as part of itself");
  type = schema.structs_[number];
  return true;
}

absl::StatusOr<Schema> Schema::Parse(Reader& in) {
  if (in.remaining() == 0) {
    return absl::InvalidArgumentError("no bytes: nothing was ever saved or sent");
  }
  uint8_t magic = 0;
  in.Byte(magic);
  if (magic != kMagic) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "these bytes were not made by labgob::Encode: they begin with 0x%02x, not 0x%02x", magic,
        kMagic));
  }
  Parser parser{.in = in};
  if (!parser.ParseType(0, parser.schema.root_)) return Malformed(in.why());
  return std::move(parser.schema);
}

std::string Schema::NameOf(int type) const {
  static constexpr const char* kNames[] = {"",      "bool",   "int8",   "int16",  "int32",
                                           "int64", "uint8",  "uint16", "uint32", "uint64",
                                           "float", "double", "string"};
  const Node& n = node(type);
  switch (n.kind) {
    case Kind::kList:
      return "list of " + NameOf(n.first);
    case Kind::kSet:
      return "set of " + NameOf(n.first);
    case Kind::kMap:
      return "map from " + NameOf(n.first) + " to " + NameOf(n.second);
    case Kind::kPair:
      return "pair of " + NameOf(n.first) + " and " + NameOf(n.second);
    case Kind::kOptional:
      return "optional " + NameOf(n.first);
    case Kind::kStruct:
      return std::string(n.name);
    default:
      return kNames[static_cast<int>(n.kind)];
  }
}

bool Schema::Skip(int type, Reader& in, int depth) const {
  const Node& n = node(type);
  if (n.kind >= Kind::kList && depth >= kMaxDepth) return in.FailDeep();
  size_t count = 0;
  std::string_view bytes;
  bool flag = false;
  Integer integer;
  switch (n.kind) {
    case Kind::kBool:
      return in.Bool(flag);
    case Kind::kFloat:
      return in.Bytes(4, bytes);
    case Kind::kDouble:
      return in.Bytes(8, bytes);
    case Kind::kString:
      return in.String(bytes);
    case Kind::kList:
    case Kind::kSet:
    case Kind::kMap:
      if (!in.Count(count)) return false;
      for (; count > 0; --count) {
        if (!Skip(n.first, in, depth + 1)) return false;
        if (n.kind == Kind::kMap && !Skip(n.second, in, depth + 1)) return false;
      }
      return true;
    case Kind::kPair:
      return Skip(n.first, in, depth + 1) && Skip(n.second, in, depth + 1);
    case Kind::kOptional:
      return in.Bool(flag) && (!flag || Skip(n.first, in, depth + 1));
    case Kind::kStruct:
      if (n.fields.empty()) return in.Prefix({"\0", 1}) || in.Fail("a struct is broken");
      for (const Field& field : n.fields) {
        if (!Skip(field.type, in, depth + 1)) return false;
      }
      return true;
    default:
      return ReadInteger(n.kind, in, integer);
  }
}

}  // namespace labgob
