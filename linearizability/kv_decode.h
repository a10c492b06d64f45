// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a value tells of the writes that made it, if all texts written to a key can be told apart:
// they are distinct, and none begins with another. Then a value splits into texts in one way at
// most.

#ifndef RAFTLAB_LINEARIZABILITY_KV_DECODE_H_
#define RAFTLAB_LINEARIZABILITY_KV_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace linearizability {

// The texts written to one key.
class Tokens {
 public:
  // The text and the number of the operation that wrote it. It must outlive this.
  void Add(std::string_view text, size_t writer);

  // False if the texts cannot be told apart: one is empty, or equal to another, or begins it. Call
  // it once, after all are added; Match may be called only if it is true.
  bool Prepare();

  struct Token {
    uint64_t head = 0;  // the first eight bytes as a number: comparing it is comparing them
    std::string_view text;
    size_t writer = 0;
  };
  // The one with which the rest of a value begins, or null.
  const Token* Match(std::string_view rest) const;

 private:
  std::vector<Token> tokens_;  // sorted by text
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_DECODE_H_
