// Part of Raftlab, under the MIT License (see LICENSE).

#include "labgob/type.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/status/statusor.h"
#include "labgob/schema.h"

namespace labgob {

void TypeBuilder::Add(Kind kind) {
  if (++types_ > kMaxTypes) Die("a type with more than 256 fields and element types in all");
  out_.Byte(static_cast<uint8_t>(kind));
}

bool TypeBuilder::AddStruct(const void* id, std::string_view signature, size_t fields,
                            MakeDefault make) {
  const auto known = std::find(structs_.begin(), structs_.end(), id);
  if (known != structs_.end()) {
    Add(Kind::kStructAgain);
    out_.Varint(static_cast<uint64_t>(known - structs_.begin()));
    return false;
  }
  structs_.push_back(id);
  make_default_.push_back(make);
  Add(Kind::kStruct);
  out_.String(NameInSignature(signature));
  out_.Varint(fields);
  return true;
}

void TypeBuilder::AddField(std::string_view name) { out_.String(name); }

Type TypeBuilder::Build() {
  Type type{out_.Take(), std::move(make_default_)};
  Reader in(type.header);
  const absl::StatusOr<Schema> schema = Schema::Parse(in);
  if (!schema.ok()) Die(std::string(schema.status().message()));  // One field described twice, say.
  return type;
}

// GCC writes `... TypeSignature() [with T = raft::LogEntry; std::string_view = ...]`, clang
// `... TypeSignature() [T = raft::LogEntry]`.
std::string NameInSignature(std::string_view signature) {
  std::string_view name = signature.substr(signature.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  if (name.ends_with('>')) {  // Template arguments read differently from compiler to compiler.
    size_t open = name.size();
    for (int nesting = 0; open > 0;) {
      const char c = name[--open];
      nesting += c == '>' ? 1 : c == '<' ? -1 : 0;
      if (nesting == 0) break;
    }
    name = name.substr(0, open);
  }
  if (const size_t scope = name.rfind(':'); scope != name.npos) name = name.substr(scope + 1);
  std::string result(name.empty() ? "struct" : name);
  for (char& c : result) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return result;
}

}  // namespace labgob
