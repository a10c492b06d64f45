// Part of Raftlab, under the MIT License (see LICENSE).

#include "labgob/wire.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace labgob {

namespace {

// A buffer that no writer uses; nothing larger than kLargestSpare waits here.
struct Spare {
  char* begin = nullptr;
  size_t capacity = 0;
};
constexpr size_t kLargestSpare = size_t{4} << 20;
thread_local Spare spare;

}  // namespace

void Writer::Grow(size_t n) {
  const size_t used = size();
  size_t capacity = std::max(2 * static_cast<size_t>(end_ - begin_), used + n);
  char* larger;
  if (spare.capacity >= capacity) {
    larger = std::exchange(spare.begin, nullptr);
    capacity = std::exchange(spare.capacity, 0);
  } else {
    larger = new char[capacity];
  }
  std::memcpy(larger, begin_, used);
  if (begin_ != inline_) delete[] begin_;
  begin_ = larger;
  pos_ = larger + used;
  end_ = larger + capacity;
}

void Writer::Release() {
  const auto capacity = static_cast<size_t>(end_ - begin_);
  if (capacity <= spare.capacity || capacity > kLargestSpare) {
    delete[] begin_;
    return;
  }
  delete[] spare.begin;
  spare = {.begin = begin_, .capacity = capacity};
}

bool Reader::Fail(const char* why) {
  why_ = why;
  return false;
}

bool Reader::FailShort() { return Fail("the bytes end too soon"); }

bool Reader::LongVarint(uint64_t& v) {
  uint64_t result = 0;
  const char* p = pos_;
  for (int shift = 0; shift < 64; shift += 7) {
    if (p == end_) return FailShort();
    const uint64_t byte = static_cast<uint8_t>(*p++);
    if (shift == 63 && byte > 1) break;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      pos_ = p;
      v = result;
      return true;
    }
  }
  return Fail("an integer is longer than 64 bits");
}

absl::Status Malformed(std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("these bytes are damaged: ", absl::string_view(why.data(), why.size())));
}

void Die(std::string_view sentence) {
  std::fprintf(stderr, "labgob: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

}  // namespace labgob
