// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/choices.h"

#include <bit>
#include <cstring>

#include <boost/uuid/name_generator_sha1.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sim/check.h"

namespace sim {

std::string Tape::ToText() const {
  std::string text;
  for (const auto& [name, choices] : streams_) {
    for (const Choice& choice : choices) {
      absl::StrAppend(&text, name, " ", choice.site, " ", choice.n, " ", choice.value, "\n");
    }
  }
  return text;
}

absl::StatusOr<Tape> Tape::FromText(std::string_view text) {
  Tape tape;
  int line_number = 0;
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++line_number;
    if (line.empty()) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    Choice choice;
    if (words.size() != 4 || !absl::SimpleAtoi(words[2], &choice.n) ||
        !absl::SimpleAtoi(words[3], &choice.value)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "line %d of the tape is not `stream site n value`: \"%s\"", line_number, line));
    }
    choice.site = words[1];
    tape.streams_[words[0]].push_back(std::move(choice));
  }
  return tape;
}

StreamSeed SeedOfStream(uint64_t run_seed, std::string_view name) {
  // A name-based UUID is 122 bits of SHA-1, which nobody can compute backwards.
  const boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
  const boost::uuids::uuid uuid =
      generator(absl::StrCat(run_seed, " ", absl::string_view(name.data(), name.size())));
  StreamSeed seed;
  for (size_t i = 0; i < uuid.size(); ++i) {
    seed.words[i / 8] = (seed.words[i / 8] << 8) | uuid.data[i];
  }
  return seed;
}

Choices::Choices(const StreamSeed& seed) {
  uint64_t x = seed.words[0];
  for (uint64_t& word : state_) {
    x += 0x9e3779b97f4a7c15;
    word = Mix(x, seed.words[1]);
  }
}

Choices::Choices(const ChoiceSource& source, std::string_view name)
    : Choices(SeedOfStream(source.seed, name)) {
  if (source.record != nullptr) record_ = &source.record->Stream(std::string(name));
  if (source.replay != nullptr) replay_ = &source.replay->Stream(std::string(name));
}

uint64_t Choices::NextWord() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Choices::Remember(uint64_t n, uint64_t value, const char* site) {
  if (record_ != nullptr) record_->push_back({site, n, value});
  return value;
}

uint64_t Choices::Choose(uint64_t n, const char* site) {
  SIM_CHECK(n > 0, "Choose(0): there is nothing to choose from");
  if (replay_ != nullptr) {
    const uint64_t taped = replayed_ < replay_->size() ? (*replay_)[replayed_++].value % n : 0;
    return Remember(n, taped, site);
  }
  // The high word of word * n: unbiased to within n / 2^64.
  const uint64_t value =
      static_cast<uint64_t>((static_cast<unsigned __int128>(NextWord()) * n) >> 64);
  return Remember(n, value, site);
}

bool Choices::Chance(uint64_t times, uint64_t out_of, const char* site) {
  return Choose(out_of, site) >= out_of - times;
}

uint64_t Choices::Bits(const char* site) {
  if (replay_ != nullptr) {
    return Remember(0, replayed_ < replay_->size() ? (*replay_)[replayed_++].value : 0, site);
  }
  return Remember(0, NextWord(), site);
}

namespace {

// Both halves of a 128-bit product: every bit of either factor reaches the result.
uint64_t Fold(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Word(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

constexpr uint64_t kOdd[] = {0x9fb21c651e98df25, 0xa0761d6478bd642f, 0xe7037ed1a0b428db,
                             0x8ebc6af09c88c6e3};

}  // namespace

uint64_t HashBytes(std::string_view bytes, uint64_t seed) {
  uint64_t hash = Mix(seed, bytes.size());
  const char* at = bytes.data();
  size_t left = bytes.size();
  if (left >= 32) {  // two chains, so that their products overlap
    uint64_t other = hash;
    for (; left >= 32; at += 32, left -= 32) {
      hash = Fold(Word(at) ^ kOdd[0], Word(at + 8) ^ hash);
      other = Fold(Word(at + 16) ^ kOdd[1], Word(at + 24) ^ other);
    }
    hash = Fold(hash ^ kOdd[2], other ^ kOdd[3]);
  }
  for (; left >= 8; at += 8, left -= 8) hash = Fold(Word(at) ^ kOdd[0], hash ^ kOdd[1]);
  uint64_t tail = 0;
  for (; left > 0; ++at, --left) tail = (tail << 8) | static_cast<unsigned char>(*at);
  return Mix(hash, tail);
}

}  // namespace sim
