// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_decode.h"

#include <algorithm>

namespace linearizability {
namespace {

// Padded with zeros; so an order of heads is one of texts, but where heads are equal.
uint64_t HeadOf(std::string_view text) {
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) {
    head = head << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  }
  return head;
}

bool IsLess(const Tokens::Token& x, const Tokens::Token& y) {
  if (x.head != y.head) return x.head < y.head;
  return x.text < y.text;
}

}  // namespace

void Tokens::Add(std::string_view text, size_t writer) {
  tokens_.push_back({.head = HeadOf(text), .text = text, .writer = writer});
}

bool Tokens::Prepare() {
  std::sort(tokens_.begin(), tokens_.end(), IsLess);
  if (!tokens_.empty() && tokens_[0].text.empty()) return false;
  // All texts that begin with a given one follow it at once.
  for (size_t i = 0; i + 1 < tokens_.size(); ++i) {
    if (tokens_[i + 1].text.starts_with(tokens_[i].text)) return false;
  }
  return true;
}

const Tokens::Token* Tokens::Match(std::string_view rest) const {
  // If a text begins the rest, no other lies between the two: it would begin with that text.
  const Token wanted{.head = HeadOf(rest), .text = rest};
  const auto after = std::upper_bound(tokens_.begin(), tokens_.end(), wanted, IsLess);
  if (after == tokens_.begin()) return nullptr;
  const Token& token = *(after - 1);
  return rest.starts_with(token.text) ? &token : nullptr;
}

}  // namespace linearizability
