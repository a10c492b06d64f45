// Part of Raftlab, under the MIT License (see LICENSE).
//
// How single values lie in bytes; internal to labgob. A message is
//
//   kMagic, the descriptor of its type, the value
//
// A descriptor is a Kind, and what the kind needs behind it:
//
//   kList, kSet, kOptional   the element's descriptor
//   kMap, kPair              two descriptors
//   kStruct                  name, number of fields, and for each field its name and descriptor
//   kStructAgain             the number of a struct described before in this message (0, 1, ...)
//
// A value is
//
//   bool                     one byte, 0 or 1
//   int8, uint8              one byte
//   wider integers           a varint: seven bits a byte, low ones first; signed ones zigzag before
//   float, double            4 or 8 bytes, IEEE 754, little-endian
//   string                   a varint with its length, its bytes
//   list, set, map           a varint with the number of elements, the elements (key, value, ...)
//   optional                 a byte 0, or a byte 1 and the value
//   pair, struct             the values one after the other; a struct without fields is a byte 0
//
// So every value takes at least one byte, and a count larger than the bytes that follow is a lie.

#ifndef RAFTLAB_LABGOB_WIRE_H_
#define RAFTLAB_LABGOB_WIRE_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace labgob {

enum class Kind : uint8_t {
  kBool = 1,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kString,
  kList,
  kSet,
  kMap,
  kPair,
  kOptional,
  kStruct,
  kStructAgain,
};

inline constexpr uint8_t kMagic = 0xE1;  // Not ASCII, so that text is refused; counts the versions.
inline constexpr int kMaxDepth = 64;  // Levels of structs and containers, in types and in values.
inline constexpr size_t kMaxTypes = 256;  // Types in one descriptor, fields included.

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

// Appends values. Short messages never touch the heap before Take().
class Writer {
 public:
  explicit Writer(std::string_view start = {}) { Bytes(start); }
  ~Writer() {
    if (begin_ != inline_) [[unlikely]]
      Release();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Byte(uint8_t v) {
    Room(1);
    *pos_++ = static_cast<char>(v);
  }
  void Varint(uint64_t v) {
    Room(10);
    char* p = pos_;
    for (; v >= 0x80; v >>= 7) *p++ = static_cast<char>(v | 0x80);
    *p++ = static_cast<char>(v);
    pos_ = p;
  }
  void Bytes(std::string_view bytes) {
    Room(bytes.size());
    if (!bytes.empty()) std::memcpy(pos_, bytes.data(), bytes.size());
    pos_ += bytes.size();
  }
  void String(std::string_view s) {
    Varint(s.size());
    Bytes(s);
  }

  size_t size() const { return static_cast<size_t>(pos_ - begin_); }
  std::string_view view() const { return {begin_, size()}; }
  void Truncate(size_t size) { pos_ = begin_ + size; }
  std::string Take() const { return std::string(begin_, size()); }

 private:
  void Room(size_t n) {
    if (static_cast<size_t>(end_ - pos_) < n) [[unlikely]]
      Grow(n);
  }
  void Grow(size_t n);
  // Large values are often encoded again and again: the last large buffer waits for the next
  // writer.
  void Release();

  char inline_[512];
  char* begin_ = inline_;
  char* pos_ = inline_;
  char* end_ = inline_ + sizeof(inline_);
};

// Takes values from bytes that may be hostile. Every function gives false when it cannot, and why()
// then says why, as the end of a sentence.
class Reader {
 public:
  explicit Reader(std::string_view bytes)
      : pos_(bytes.data()), end_(pos_ + bytes.size()), budget_(8 * bytes.size()) {}

  bool Byte(uint8_t& v) {
    if (pos_ == end_) [[unlikely]]
      return FailShort();
    v = static_cast<uint8_t>(*pos_++);
    return true;
  }
  bool Bool(bool& v) {
    uint8_t byte = 0;
    if (!Byte(byte)) return false;
    if (byte > 1) [[unlikely]]
      return Fail("a bool or an optional's mark is neither 0 nor 1");
    v = byte == 1;
    return true;
  }
  bool Varint(uint64_t& v) {
    if (pos_ != end_ && static_cast<uint8_t>(*pos_) < 0x80) [[likely]] {
      v = static_cast<uint8_t>(*pos_++);
      return true;
    }
    return LongVarint(v);
  }
  // `bytes` points into the input.
  bool Bytes(size_t n, std::string_view& bytes) {
    if (remaining() < n) [[unlikely]]
      return FailShort();
    bytes = std::string_view(pos_, n);
    pos_ += n;
    return true;
  }
  // The number of bytes or elements that follow: never more than remaining().
  bool Count(size_t& n) {
    uint64_t v = 0;
    if (!Varint(v)) return false;
    if (v > remaining()) [[unlikely]]
      return Fail("a length or count is larger than the rest");
    n = v;
    return true;
  }
  bool String(std::string_view& s) {
    size_t n = 0;
    return Count(n) && Bytes(n, s);
  }
  bool Prefix(std::string_view prefix) {
    if (!rest().starts_with(prefix)) return false;
    pos_ += prefix.size();
    return true;
  }

  // How many of `count` elements may be reserved before they are read. All reservations of a
  // message together stay within 8 times its length, whatever the counts in it claim.
  size_t Reservation(size_t count, size_t element_size) {
    const size_t n = std::min(count, budget_ / element_size);
    budget_ -= n * element_size;
    return n;
  }

  bool Fail(const char* why);
  bool FailDeep() { return Fail("it is nested deeper than 64 levels"); }

  size_t remaining() const { return static_cast<size_t>(end_ - pos_); }
  std::string_view rest() const { return {pos_, remaining()}; }
  const char* why() const { return why_; }

 private:
  bool FailShort();
  bool LongVarint(uint64_t& v);

  const char* pos_;
  const char* end_;
  size_t budget_;
  const char* why_ = "";
};

// The error for bytes that hold no value; `why` as the Reader gives it.
absl::Status Malformed(std::string_view why);

// A bug of the program, not of the bytes: prints the sentence and aborts.
[[noreturn]] void Die(std::string_view sentence);

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_WIRE_H_
