// Part of Raftlab, under the MIT License (see LICENSE).
//
// What labgob keeps at run time about a C++ type: the bytes that describe it. Internal to labgob.

#ifndef RAFTLAB_LABGOB_TYPE_H_
#define RAFTLAB_LABGOB_TYPE_H_

#include <string>
#include <string_view>
#include <vector>

#include "labgob/wire.h"

namespace labgob {

// Gives the value of a fresh struct in bytes, without a header.
using MakeDefault = std::string (*)();

struct Type {
  std::string header;                     // kMagic and the descriptor: how every message begins.
  std::vector<MakeDefault> make_default;  // One for each struct, in the descriptor's order.
};

// Writes a Type; each Codec adds its part.
class TypeBuilder {
 public:
  TypeBuilder() { out_.Byte(kMagic); }

  void Add(Kind kind);

  // Begins a struct, unless it stands in the descriptor already: then false, and nothing may
  // follow. `id` differs between types; `signature` is TypeSignature<T>().
  bool AddStruct(const void* id, std::string_view signature, size_t fields, MakeDefault make);

  // The next field's name; its type follows.
  void AddField(std::string_view name);

  Type Build();

 private:
  Writer out_;
  std::vector<const void*> structs_;
  std::vector<MakeDefault> make_default_;
  size_t types_ = 0;
};

// A text of the compiler's with the name of T in it, which NameInSignature finds: `LogEntry` for
// raft::LogEntry, `Pair` for Pair<int, char>.
template <class T>
constexpr std::string_view TypeSignature() {
  return __PRETTY_FUNCTION__;
}
std::string NameInSignature(std::string_view signature);

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_TYPE_H_
