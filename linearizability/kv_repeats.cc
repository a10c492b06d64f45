// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_repeats.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "linearizability/explain.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_decode.h"
#include "linearizability/kv_witness.h"

namespace linearizability {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();
// In the place of a Put: the value from before any.
constexpr size_t kBeginning = std::numeric_limits<size_t>::max();

// What may be spent on one key.
constexpr int kMostChecks = 200;            // by the fast path
constexpr int64_t kMostLooks = 20'000'000;  // at a writer
constexpr size_t kMostChoices = 16;         // of one Get
constexpr size_t kMostOpenPlaces = 64;      // in one value

// Operations are known by their place in the part.
struct Read {
  size_t get = 0;
  std::vector<size_t> texts = {};           // of its value, each by its first writer
  int64_t replaced_before_ns = kBeforeAll;  // what had returned before then was replaced
};

// Who wrote what a Get saw.
struct Choice {
  size_t put = kBeginning;
  std::vector<size_t> appends = {};
};

struct Choices {
  std::vector<Choice> found = {};
  bool is_complete = true;
};

// What is settled so far.
struct State {
  std::map<size_t, std::vector<size_t>> chains;  // what was appended to which beginning
  std::vector<bool> is_used;                     // writes: it is in a chain
  std::vector<std::optional<size_t>> put_of;     // reads: the beginning
};

class RepeatsCheck {
 public:
  RepeatsCheck(const KvHistory& history, const std::vector<size_t>& part, const Limits& limits)
      : limits_(limits) {
    for (size_t i : part) ops_.push_back(history[i]);
  }

  // With places in the part for indices.
  KeyVerdict Run() {
    if (!PrepareWrites()) return {.verdict = Verdict::kUnknown};
    if (std::optional<KeyVerdict> illegal = PrepareReads()) return *std::move(illegal);
    State state;
    state.is_used.resize(ops_.size());
    state.put_of.resize(reads_.size());
    KeyVerdict verdict{.verdict = Settle(&state) ? Guess(state) : Verdict::kIllegal};
    if (verdict.verdict == Verdict::kUnknown) verdict.verdict = Try(state);
    if (verdict.verdict == Verdict::kLegal) verdict.order = order_;
    if (verdict.verdict == Verdict::kIllegal) Explain(&verdict);
    return verdict;
  }

 private:
  using Kind = KvInput::Kind;

  Kind KindOf(size_t i) const { return ops_[i].input.kind; }
  int64_t CallOf(size_t i) const { return ops_[i].call_ns; }
  int64_t ReturnOf(size_t i) const { return ops_[i].return_ns.value_or(kNever); }

  // Gives each write a name; false if one text begins another.
  bool PrepareWrites() {
    renamed_ = ops_;
    std::map<std::string_view, size_t> first_writers;
    writers_.resize(ops_.size());
    for (size_t i = 0; i < ops_.size(); ++i) {
      if (KindOf(i) == Kind::kGet) continue;
      const std::string& text = ops_[i].input.value;
      writes_.push_back(i);
      if (KindOf(i) == Kind::kPut)
        first_put_return_ns_ = std::min(first_put_return_ns_, ReturnOf(i));
      if (text.empty() && KindOf(i) == Kind::kPut) empty_puts_.push_back(i);
      if (text.empty()) continue;  // An empty Append stays one, and changes nothing.
      const auto [first, is_new] = first_writers.emplace(text, i);
      if (is_new) tokens_.Add(text, i);
      writers_[first->second].push_back(i);
    }
    for (size_t i : writes_) {
      const bool is_nothing = KindOf(i) == Kind::kAppend && ops_[i].input.value.empty();
      renamed_[i].input.value = is_nothing ? "" : NameOf(i);
    }
    for (std::vector<size_t>& writers : writers_) SortByTime(&writers);
    SortByTime(&empty_puts_);
    return tokens_.Prepare();
  }

  void SortByTime(std::vector<size_t>* writes) const {
    std::sort(writes->begin(), writes->end(), [this](size_t x, size_t y) {
      return std::tuple(CallOf(x), ReturnOf(x), x) < std::tuple(CallOf(y), ReturnOf(y), y);
    });
  }

  // Of four bytes, so that none begins another.
  static std::string NameOf(size_t write) {
    std::string name;
    for (int shift = 24; shift >= 0; shift -= 8) name += static_cast<char>(write >> shift & 0xff);
    return name;
  }

  // Splits all values. A verdict if one cannot be.
  std::optional<KeyVerdict> PrepareReads() {
    std::vector<std::pair<int64_t, int64_t>> puts;  // return, last call of those up to here
    for (size_t i : writes_) {
      if (KindOf(i) == Kind::kPut) puts.emplace_back(ReturnOf(i), CallOf(i));
    }
    std::sort(puts.begin(), puts.end());
    for (size_t i = 1; i < puts.size(); ++i) {
      puts[i].second = std::max(puts[i].second, puts[i - 1].second);
    }
    for (size_t i = 0; i < ops_.size(); ++i) {
      if (KindOf(i) != Kind::kGet || ops_[i].is_open()) continue;
      Read read{.get = i};
      const std::string_view value = ops_[i].output.value;
      for (size_t end = 0; end < value.size();) {
        const Tokens::Token* token = tokens_.Match(value.substr(end));
        if (token == nullptr) return KvWitness(ops_).UnknownText(i, end);
        read.texts.push_back(token->writer);
        end += token->text.size();
      }
      const auto after = std::lower_bound(
          puts.begin(), puts.end(), std::pair(CallOf(i), std::numeric_limits<int64_t>::min()));
      if (after != puts.begin()) read.replaced_before_ns = (after - 1)->second;
      reads_.push_back(std::move(read));
    }
    std::sort(reads_.begin(), reads_.end(), [this](const Read& x, const Read& y) {
      return std::pair(ReturnOf(x.get), x.get) < std::pair(ReturnOf(y.get), y.get);
    });
    return std::nullopt;
  }

  // Whether the Get can have seen the write as far as the two and the Puts between go.
  bool CanSee(const Read& read, size_t write) const {
    return CallOf(write) <= ReturnOf(read.get) && ReturnOf(write) >= read.replaced_before_ns;
  }

  // Who may have written what the read saw; at most so many.
  Choices ChoicesOf(const Read& read, const State& state, size_t most) {
    Choices choices;
    // The latest first: it is the likeliest.
    const auto add_puts = [&](const std::vector<size_t>& puts, size_t texts) {
      for (auto put = puts.rbegin(); put != puts.rend(); ++put) {
        if (KindOf(*put) != Kind::kPut || !CanSee(read, *put)) continue;
        Choice choice{.put = *put};
        Extend(read, state, texts, CallOf(*put), most, &choice, &choices);
      }
    };
    if (!read.texts.empty()) add_puts(writers_[read.texts[0]], 1);
    add_puts(empty_puts_, 0);
    if (read.replaced_before_ns == kBeforeAll) {
      Choice choice;
      Extend(read, state, 0, kBeforeAll, most, &choice, &choices);
    }
    return choices;
  }

  // Adds the choices that begin as the given one. `done` is how many of the read's texts the Put
  // wrote, `last_call_ns` the latest call of those in the choice.
  void Extend(const Read& read, const State& state, size_t done, int64_t last_call_ns, size_t most,
              Choice* choice, Choices* choices, size_t open_places = 0) {
    if (choices->found.size() >= most || open_places > kMostOpenPlaces || looks_left_ <= 0) {
      choices->is_complete = false;
      return;
    }
    const size_t size = choice->appends.size();
    const auto chain = state.chains.find(choice->put);
    while (done + choice->appends.size() < read.texts.size()) {
      const size_t place = choice->appends.size();
      const size_t text = read.texts[done + place];
      std::vector<size_t> candidates;
      if (chain != state.chains.end() && place < chain->second.size()) {
        const size_t append = chain->second[place];
        if (ops_[append].input.value == ops_[text].input.value) candidates = {append};
      } else {
        candidates = CandidatesOf(read, state, text, last_call_ns, *choice);
      }
      --looks_left_;
      if (candidates.size() == 1) {
        choice->appends.push_back(candidates[0]);
        last_call_ns = std::max(last_call_ns, CallOf(candidates[0]));
        continue;
      }
      for (size_t append : candidates) {
        choice->appends.push_back(append);
        Extend(read, state, done, std::max(last_call_ns, CallOf(append)), most, choice, choices,
               open_places + 1);
        choice->appends.pop_back();
      }
      choice->appends.resize(size);
      return;
    }
    choices->found.push_back(*choice);
    choice->appends.resize(size);
  }

  // The writers of the text that may come next.
  std::vector<size_t> CandidatesOf(const Read& read, const State& state, size_t text,
                                   int64_t last_call_ns, const Choice& choice) {
    std::vector<size_t> candidates;
    for (size_t write : writers_[text]) {
      --looks_left_;
      if (KindOf(write) != Kind::kAppend || state.is_used[write] || !CanSee(read, write)) continue;
      if (ReturnOf(write) < last_call_ns) continue;
      if (choice.put == kBeginning && CallOf(write) > first_put_return_ns_) continue;
      candidates.push_back(write);
    }
    if (candidates.empty()) return candidates;
    // Neither one that is in the choice, nor one that may be taken to come before one that is.
    for (size_t chosen : choice.appends) {
      --looks_left_;
      if (ops_[chosen].input.value != ops_[text].input.value) continue;
      std::erase_if(candidates, [&](size_t write) {
        return write == chosen ||
               (std::pair(CallOf(write), write) < std::pair(CallOf(chosen), chosen) &&
                ReturnOf(write) <= ReturnOf(chosen));
      });
    }
    return candidates;
  }

  void Choose(size_t read, const Choice& choice, State* state) const {
    state->put_of[read] = choice.put;
    std::vector<size_t>& chain = state->chains[choice.put];
    if (chain.size() < choice.appends.size()) chain = choice.appends;
    for (size_t append : choice.appends) state->is_used[append] = true;
  }

  // Settles all reads that have one choice left; false if one has none.
  bool Settle(State* state) {
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < reads_.size(); ++i) {
        if (state->put_of[i]) continue;
        const Choices choices = ChoicesOf(reads_[i], *state, 2);
        if (choices.found.size() > 1 || !choices.is_complete) continue;
        if (choices.found.empty()) {
          Blame(reads_[i].get);
          return false;
        }
        Choose(i, choices.found[0], state);
        changed = true;
      }
    }
    return true;
  }

  // The verdict on all writes and the reads that are settled. If it is illegal, the others do not
  // help; if it is legal, nothing is said of them.
  Verdict Decide(const State& state) {
    std::vector<size_t> part = writes_;
    bool is_all = true;
    for (size_t i = 0; i < reads_.size(); ++i) {
      is_all = is_all && state.put_of[i];
      if (!state.put_of[i]) continue;
      const size_t put = *state.put_of[i];
      const Read& read = reads_[i];
      std::string value = put == kBeginning ? "" : NameOf(put);
      const bool wrote_text = put != kBeginning && !ops_[put].input.value.empty();
      const size_t appends = read.texts.size() - (wrote_text ? 1 : 0);
      for (size_t k = 0; k < appends; ++k) value += NameOf(state.chains.at(put)[k]);
      renamed_[read.get].output.value = std::move(value);
      part.push_back(read.get);
    }
    ++checks_;
    KeyVerdict verdict = CheckKeyFast(renamed_, part, is_all && limits_.wants_order);
    if (verdict.verdict == Verdict::kIllegal) Blame(verdict.witness.back());
    if (is_all && verdict.verdict == Verdict::kLegal) order_ = std::move(verdict.order);
    return verdict.verdict;
  }

  // The first choice for each read: kLegal if it will do, else kUnknown.
  Verdict Guess(State state) {
    for (size_t i = 0; i < reads_.size(); ++i) {
      if (state.put_of[i]) continue;
      const Choices choices = ChoicesOf(reads_[i], state, 1);
      if (choices.found.empty()) return Verdict::kUnknown;
      Choose(i, choices.found[0], &state);
    }
    return Decide(state) == Verdict::kLegal ? Verdict::kLegal : Verdict::kUnknown;
  }

  // REQUIRES: Settle(&state) was true.
  Verdict Try(const State& state) {
    if (checks_ >= kMostChecks) return Verdict::kUnknown;
    const Verdict verdict = Decide(state);
    if (verdict == Verdict::kIllegal) return verdict;
    // The read with the fewest choices.
    size_t read = 0;
    std::optional<std::vector<Choice>> fewest;
    bool is_all = true;
    for (size_t i = 0; i < reads_.size() && (!fewest || fewest->size() > 2); ++i) {
      if (state.put_of[i]) continue;
      is_all = false;
      Choices choices = ChoicesOf(reads_[i], state, kMostChoices);
      if (!choices.is_complete || (fewest && fewest->size() <= choices.found.size())) continue;
      fewest = std::move(choices.found);
      read = i;
    }
    if (is_all) return Verdict::kLegal;
    if (!fewest) return Verdict::kUnknown;
    bool is_unknown = false;
    for (const Choice& choice : *fewest) {
      State next = state;
      Choose(read, choice, &next);
      const Verdict one = Settle(&next) ? Try(next) : Verdict::kIllegal;
      if (one == Verdict::kLegal) return one;
      is_unknown = is_unknown || one == Verdict::kUnknown;
    }
    return is_unknown ? Verdict::kUnknown : Verdict::kIllegal;
  }

  // An operation without which the key might be legal, as the beginning of the witness.
  void Blame(size_t op) {
    if (!culprit_ || KindOf(*culprit_) != Kind::kGet) culprit_ = op;
  }

  void Explain(KeyVerdict* verdict) const {
    if (limits_.max_explain_steps == 0) return;
    History<HashedKvModel> hashed;
    for (const KvOperation& op : ops_) hashed.push_back(Hashed(op));
    std::vector<size_t> all(ops_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    verdict->witness =
        Shrinker<HashedKvModel>(HashedKvModel(), hashed, std::move(all), limits_).Shrink(*culprit_);
    verdict->explanation = ExplainOperations(KvModel(), ops_, verdict->witness);
  }

  const Limits limits_;
  KvHistory ops_;
  KvHistory renamed_;  // each write by its name
  std::vector<size_t> writes_;
  std::vector<std::vector<size_t>> writers_;  // of each text, at its first writer
  std::vector<size_t> empty_puts_;
  int64_t first_put_return_ns_ = kNever;
  Tokens tokens_;
  std::vector<Read> reads_;  // by return
  std::vector<size_t> order_;
  std::optional<size_t> culprit_;
  int checks_ = 0;
  int64_t looks_left_ = kMostLooks;
};

}  // namespace

KeyVerdict CheckKeyRepeats(const KvHistory& history, const std::vector<size_t>& part,
                           const Limits& limits) {
  KeyVerdict verdict = RepeatsCheck(history, part, limits).Run();
  for (size_t& i : verdict.witness) i = part[i];
  for (size_t& i : verdict.order) i = part[i];
  return verdict;
}

}  // namespace linearizability
