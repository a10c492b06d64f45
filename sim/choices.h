// Part of Raftlab, under the MIT License (see LICENSE).
//
// The one door for chance. Every decision of a run that is not the student's own code is a call of
// Choose(n, site): which fiber runs next, how long a message travels, which server a test crashes.
//
// A run has several streams of choices: the test's, the network's, and for each node one for its
// scheduler and one for its own random numbers. They are separate so that one more draw in one
// place does not move the others. A stream is either drawn from the run's seed, or read back from a
// tape.
//
// 0 is always the benign choice: no delay, no drop, first in line. So a tape that is cut short, or
// one whose values are lowered, is still a valid run, and a calmer one.

#ifndef RAFTLAB_SIM_CHOICES_H_
#define RAFTLAB_SIM_CHOICES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sim {

// Every choice of a run, in order, by stream. Its text form is one line a choice:
// `stream site n value`, so that a person can read and shorten it.
class Tape {
 public:
  struct Choice {
    std::string site;
    uint64_t n = 0;
    uint64_t value = 0;
  };

  std::vector<Choice>& Stream(const std::string& name) { return streams_[name]; }
  std::string ToText() const;
  // Fails with kInvalidArgument and the number of the line that is not `stream site n value`.
  static absl::StatusOr<Tape> FromText(std::string_view text);

 private:
  std::map<std::string, std::vector<Choice>> streams_;
};

// Where a stream's numbers begin. One way: it tells nothing of the run's seed, nor of other
// streams, so a node can be given those of its own.
struct StreamSeed {
  uint64_t words[2] = {};
};
StreamSeed SeedOfStream(uint64_t run_seed, std::string_view name);

// What a run's streams share: its seed, and the tapes that are written and read, if any.
struct ChoiceSource {
  uint64_t seed = 1;
  Tape* record = nullptr;
  Tape* replay = nullptr;
};

// One stream of choices. Its numbers are the same on every platform: xoshiro256++ (Blackman and
// Vigna, 2019), seeded by SplitMix64.
class Choices {
 public:
  Choices(const ChoiceSource& source, std::string_view name);
  // Drawn, and on no tape.
  explicit Choices(const StreamSeed& seed);

  // A number in [0, n), where 0 is the benign one. `site` names the place for the tape: a literal
  // without blanks. REQUIRES: n > 0.
  uint64_t Choose(uint64_t n, const char* site);

  // True in `times` of `out_of` draws; false is the benign choice.
  bool Chance(uint64_t times, uint64_t out_of, const char* site);

  // 64 random bits, for generators that want raw words.
  uint64_t Bits(const char* site);

 private:
  uint64_t NextWord();
  uint64_t Remember(uint64_t n, uint64_t value, const char* site);

  uint64_t state_[4];
  std::vector<Tape::Choice>* record_ = nullptr;
  const std::vector<Tape::Choice>* replay_ = nullptr;
  size_t replayed_ = 0;
};

// 64 well-mixed bits of two words: SplitMix64's finaliser over their combination.
inline uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15 + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 29)) * 0x94d049bb133111eb;
  return z ^ (z >> 32);
}

// A hash of bytes that is the same on every machine and in every build.
uint64_t HashBytes(std::string_view bytes, uint64_t seed = 0);

}  // namespace sim

#endif  // RAFTLAB_SIM_CHOICES_H_
