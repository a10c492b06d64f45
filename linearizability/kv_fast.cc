// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_fast.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "linearizability/kv_decode.h"
#include "linearizability/kv_witness.h"
#include "linearizability/order.h"

namespace linearizability {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();

// A value from its Put, or from the beginning, to its replacement.
struct Life {
  std::optional<size_t> put;
  std::vector<size_t> gets;
  std::optional<size_t> longest;  // the Get that saw most
  std::vector<size_t> appends;    // that it saw, in order
  std::vector<size_t> ends;       // where in its value the Put and each append end
};

class KeyCheck {
 public:
  KeyCheck(const KvHistory& history, const std::vector<size_t>& part, bool wants_order)
      : history_(history), part_(part), wants_order_(wants_order), witness_(history) {}

  KeyVerdict Run() {
    if (!PrepareTokens()) return {.verdict = Verdict::kUnknown};
    SortGets();
    for (size_t i = 0; i < lives_.size() && !found_; ++i) Decode(i);
    for (size_t i = 0; i < lives_.size() && !found_; ++i) CheckLife(lives_[i]);
    if (!found_) AddUnseenAppends();
    if (!found_) CheckZones();
    if (found_) return *std::move(found_);
    KeyVerdict legal;
    if (wants_order_) legal.order = Order();
    return legal;
  }

 private:
  using Kind = KvInput::Kind;

  Kind KindOf(size_t i) const { return history_[i].input.kind; }
  std::string_view Value(size_t get) const { return history_[get].output.value; }
  int64_t CallOf(size_t i) const { return history_[i].call_ns; }
  int64_t ReturnOf(size_t i) const { return history_[i].return_ns.value_or(kNever); }
  // Among the writes, in order of the part.
  size_t& LifeOf(size_t write) { return life_of_[place_of_[write - first_]]; }

  // The first life is that of the value before any Put; each Put begins one.
  bool PrepareTokens() {
    lives_.emplace_back();
    const auto [least, most] = std::minmax_element(part_.begin(), part_.end());
    first_ = part_.empty() ? 0 : *least;
    place_of_.resize(part_.empty() ? 0 : *most - *least + 1);
    for (size_t i : part_) {
      if (KindOf(i) == Kind::kGet) continue;
      const std::string& text = history_[i].input.value;
      // It changes nothing, so it fits anywhere.
      if (KindOf(i) == Kind::kAppend && text.empty()) {
        if (!history_[i].is_open()) empty_appends_.push_back(i);
        continue;
      }
      tokens_.Add(text, i);
      place_of_[i - first_] = life_of_.size();
      life_of_.push_back(kNoLife);
      if (KindOf(i) == Kind::kPut) {
        life_of_.back() = lives_.size();
        lives_.emplace_back();
        lives_.back().put = i;
      } else {
        appends_.push_back(i);
      }
    }
    return tokens_.Prepare();
  }

  // Each Get to its life.
  void SortGets() {
    for (size_t i : part_) {
      if (KindOf(i) != Kind::kGet || history_[i].is_open()) continue;
      size_t life = 0;
      if (!Value(i).empty()) {
        const Tokens::Token* token = tokens_.Match(Value(i));
        if (token == nullptr) return Found(witness_.UnknownText(i, 0));
        if (KindOf(token->writer) == Kind::kPut) life = LifeOf(token->writer);
      }
      lives_[life].gets.push_back(i);
      std::optional<size_t>& longest = lives_[life].longest;
      if (!longest || Value(*longest).size() < Value(i).size()) longest = i;
    }
  }

  // What the longest value of the life is made of, and whether the others are beginnings of it.
  void Decode(size_t number) {
    Life& life = lives_[number];
    if (!life.longest) return;
    const std::string_view value = Value(*life.longest);
    size_t end = life.put ? history_[*life.put].input.value.size() : 0;
    life.ends.push_back(end);
    while (end < value.size()) {
      const Tokens::Token* token = tokens_.Match(value.substr(end));
      if (token == nullptr) return Found(witness_.UnknownText(*life.longest, end));
      const size_t writer = token->writer;
      if (KindOf(writer) == Kind::kPut) {
        return Found(witness_.PutIsNotFirst(*life.longest, writer));
      }
      size_t& owner = LifeOf(writer);
      if (owner == number) return Found(witness_.AppendedTwice(*life.longest, writer));
      if (owner != kNoLife) {
        return Found(witness_.AppendedToTwoValues(*lives_[owner].longest, *life.longest, writer));
      }
      owner = number;
      life.appends.push_back(writer);
      end += token->text.size();
      life.ends.push_back(end);
    }
    for (size_t get : life.gets) {
      if (!value.starts_with(Value(get))) return Disagree(get, *life.longest);
    }
  }

  void Disagree(size_t get, size_t longest) {
    size_t end = 0;
    while (end < Value(get).size()) {
      const Tokens::Token* token = tokens_.Match(Value(get).substr(end));
      if (token == nullptr) return Found(witness_.UnknownText(get, end));
      end += token->text.size();
    }
    Found(witness_.Disagree(get, longest));
  }

  // Condition (i); and the life's block.
  void CheckLife(const Life& life) {
    if (!life.longest) {
      if (life.put) AddBlock(life, {{0, *life.put}});
      return;
    }
    // Writes have even places in the order, and the Gets that saw nothing later odd ones.
    std::vector<std::pair<size_t, size_t>> chain;
    if (life.put) chain.emplace_back(0, *life.put);
    for (size_t i = 0; i < life.appends.size(); ++i) {
      chain.emplace_back(2 * i + 2, life.appends[i]);
    }
    for (size_t get : life.gets) {
      const size_t size = Value(get).size();
      const auto end = std::lower_bound(life.ends.begin(), life.ends.end(), size);
      if (end == life.ends.end() || *end != size) {
        const size_t cut = end == life.ends.begin() ? 0 : *(end - 1);
        return Found(witness_.UnknownText(get, cut));
      }
      chain.emplace_back(2 * (end - life.ends.begin()) + 1, get);
    }
    std::sort(chain.begin(), chain.end());
    std::optional<size_t> last_called;  // of those at earlier places
    for (size_t begin = 0; begin < chain.size();) {
      size_t end = begin;
      while (end < chain.size() && chain[end].first == chain[begin].first) ++end;
      for (size_t i = begin; i < end && last_called; ++i) {
        if (ReturnOf(chain[i].second) < CallOf(*last_called)) {
          return Found(witness_.WrongOrder(*last_called, chain[i].second, *life.longest));
        }
      }
      for (; begin < end; ++begin) {
        const size_t i = chain[begin].second;
        if (!last_called || CallOf(*last_called) < CallOf(i)) last_called = i;
      }
    }
    AddBlock(life, chain);
  }

  void AddBlock(const Life& life, const std::vector<std::pair<size_t, size_t>>& chain) {
    Block block{.first_return_ns = kNever, .last_call_ns = kBeforeAll};
    block.put = life.put;
    block.longest = life.longest;
    for (const auto& [place, i] : chain) {
      if (ReturnOf(i) < block.first_return_ns) {
        block.first_return_ns = ReturnOf(i);
        block.first_return = i;
      }
      if (CallOf(i) >= block.last_call_ns) {
        block.last_call_ns = CallOf(i);
        block.last_call = i;
      }
    }
    if (!life.put) {
      block.first_return_ns = kBeforeAll;
      block.first_return.reset();
    } else if (block.first_return_ns == kNever) {
      return;  // It may come last.
    }
    if (wants_order_) members_.push_back(Members(chain));
    blocks_.push_back(block);
  }

  // Gets that saw the same come in the order of their calls.
  std::vector<size_t> Members(std::vector<std::pair<size_t, size_t>> chain) const {
    std::sort(chain.begin(), chain.end(), [this](const auto& x, const auto& y) {
      return std::tuple(x.first, CallOf(x.second)) < std::tuple(y.first, CallOf(y.second));
    });
    std::vector<size_t> members;
    for (const auto& [place, i] : chain) members.push_back(i);
    return members;
  }

  void AddUnseenAppends() {
    for (size_t i : appends_) {
      if (LifeOf(i) != kNoLife || history_[i].is_open()) continue;
      if (wants_order_) members_.push_back({i});
      blocks_.push_back({.first_return_ns = ReturnOf(i),
                         .last_call_ns = CallOf(i),
                         .first_return = i,
                         .last_call = i,
                         .put = std::nullopt,
                         .longest = std::nullopt,
                         .is_unseen_append = true});
    }
  }

  // Condition (ii). Two backward zones never cross. If no two forward ones do, a backward one can
  // only cross the last that begins before it ends.
  void CheckZones() {
    std::vector<const Block*> forward;
    for (const Block& block : blocks_) {
      if (block.is_forward()) forward.push_back(&block);
    }
    std::ranges::sort(forward, {}, &Block::first_return_ns);
    for (size_t i = 0; i + 1 < forward.size(); ++i) {
      const Block& x = *forward[i];
      const Block& y = *forward[i + 1];
      if (y.first_return_ns < x.last_call_ns) return Found(witness_.Crossed(x, y));
    }
    for (const Block& inner : blocks_) {
      if (inner.is_forward()) continue;
      auto after = std::lower_bound(
          forward.begin(), forward.end(), inner.last_call_ns,
          [](const Block* block, int64_t time) { return block->first_return_ns < time; });
      if (after == forward.begin()) continue;
      const Block& around = **(after - 1);
      if (inner.first_return_ns < around.last_call_ns) {
        return Found(witness_.Crossed(inner, around));
      }
    }
  }

  // REQUIRES: both conditions hold.
  std::vector<size_t> Order() const {
    std::vector<size_t> sorted(blocks_.size());
    std::iota(sorted.begin(), sorted.end(), size_t{0});
    std::ranges::sort(sorted, {}, [this](size_t i) {
      const Block& block = blocks_[i];
      // Of a forward and a backward zone that end together, the forward one began earlier.
      return std::pair(std::max(block.first_return_ns, block.last_call_ns), !block.is_forward());
    });
    std::vector<std::vector<size_t>> orders(1);
    for (size_t i : sorted) {
      orders[0].insert(orders[0].end(), members_[i].begin(), members_[i].end());
    }
    for (size_t i : empty_appends_) orders.push_back({i});
    return MergeOrders(history_, orders);
  }

  void Found(KeyVerdict verdict) {
    if (!found_) found_ = std::move(verdict);
  }

  static constexpr size_t kNoLife = std::numeric_limits<size_t>::max();

  const KvHistory& history_;
  const std::vector<size_t>& part_;
  const bool wants_order_;
  const KvWitness witness_;
  Tokens tokens_;
  std::vector<Life> lives_;
  std::vector<size_t> appends_;
  std::vector<size_t> empty_appends_;
  size_t first_ = 0;                // the least index in the part
  std::vector<uint32_t> place_of_;  // index less first_ -> place in life_of_
  std::vector<size_t> life_of_;     // of each write
  std::vector<Block> blocks_;
  std::vector<std::vector<size_t>> members_;  // of each block, in order, if wanted
  std::optional<KeyVerdict> found_;
};

}  // namespace

KeyVerdict CheckKeyFast(const KvHistory& history, const std::vector<size_t>& part,
                        bool wants_order) {
  return KeyCheck(history, part, wants_order).Run();
}

}  // namespace linearizability
