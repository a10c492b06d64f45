// Part of Raftlab, under the MIT License (see LICENSE).
//
// Codec<T> knows how a T lies in bytes; internal to labgob. Each has
//
//   Describe(type)            adds T to a descriptor
//   Write(out, value, depth)  appends the value
//   Read(in, value, depth)    overwrites a default-made value; false when the bytes are no T
//
// Only values of the very same descriptor come here: convert.h has brought others into this form.
// depth counts the structs and containers around a value. For types that do not contain themselves
// it is a constant after inlining, and its check costs nothing.

#ifndef RAFTLAB_LABGOB_CODEC_H_
#define RAFTLAB_LABGOB_CODEC_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "labgob/encodable.h"
#include "labgob/type.h"
#include "labgob/wire.h"

namespace labgob {

template <class T>
struct Codec;

inline void CheckWriteDepth(int depth) {
  if (depth >= kMaxDepth) [[unlikely]]
    Die("a value nested deeper than 64 levels cannot be encoded");
}

template <>
struct Codec<bool> {
  static void Describe(TypeBuilder& type) { type.Add(Kind::kBool); }
  static void Write(Writer& out, bool value, int) { out.Byte(value ? 1 : 0); }
  static bool Read(Reader& in, bool& value, int) { return in.Bool(value); }
};

template <class T>
requires std::is_integral_v<T>
struct Codec<T> {
  // Whether a plain char is signed differs between machines, so here it is not.
  static constexpr bool kSigned = std::is_signed_v<T> && !std::is_same_v<T, char>;
  static constexpr bool kOneByte = sizeof(T) == 1;

  static void Describe(TypeBuilder& type) {
    const int first = static_cast<int>(kSigned ? Kind::kInt8 : Kind::kUint8);
    type.Add(static_cast<Kind>(first + std::countr_zero(sizeof(T))));
  }
  static void Write(Writer& out, T value, int) {
    if constexpr (kOneByte) {
      out.Byte(static_cast<uint8_t>(value));
    } else if constexpr (kSigned) {
      out.Varint(ZigZag(value));
    } else {
      out.Varint(value);
    }
  }
  static bool Read(Reader& in, T& value, int) {
    if constexpr (kOneByte) {
      uint8_t byte = 0;
      if (!in.Byte(byte)) return false;
      value = static_cast<T>(byte);
      return true;
    } else {
      uint64_t bits = 0;
      if (!in.Varint(bits)) return false;
      if constexpr (kSigned) bits = static_cast<uint64_t>(UnZigZag(bits));
      value = static_cast<T>(bits);
      if constexpr (sizeof(T) < 8) {
        using Wide = std::conditional_t<kSigned, int64_t, uint64_t>;
        if (static_cast<Wide>(value) != static_cast<Wide>(bits)) [[unlikely]] {
          return in.Fail("an integer does not fit its type");
        }
      }
      return true;
    }
  }
};

// An enum whose type is fixed, so that every integer of that type is a value of it.
template <class T>
requires(std::is_enum_v<T>&& requires { T{0}; }) struct Codec<T> {
  using Integer = std::underlying_type_t<T>;
  static void Describe(TypeBuilder& type) { Codec<Integer>::Describe(type); }
  static void Write(Writer& out, T value, int) {
    Codec<Integer>::Write(out, static_cast<Integer>(value), 0);
  }
  static bool Read(Reader& in, T& value, int) {
    Integer integer{};
    if (!Codec<Integer>::Read(in, integer, 0)) return false;
    value = static_cast<T>(integer);
    return true;
  }
};

template <class T>
requires(std::is_same_v<T, float> || std::is_same_v<T, double>) struct Codec<T> {
  static void Describe(TypeBuilder& type) {
    type.Add(std::is_same_v<T, float> ? Kind::kFloat : Kind::kDouble);
  }
  static void Write(Writer& out, T value, int) {
    out.Bytes({reinterpret_cast<const char*>(&value), sizeof(T)});
  }
  static bool Read(Reader& in, T& value, int) {
    std::string_view bytes;
    if (!in.Bytes(sizeof(T), bytes)) return false;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return true;
  }
};

template <>
struct Codec<std::string> {
  static void Describe(TypeBuilder& type) { type.Add(Kind::kString); }
  static void Write(Writer& out, const std::string& value, int) { out.String(value); }
  static bool Read(Reader& in, std::string& value, int) {
    std::string_view bytes;
    if (!in.String(bytes)) return false;
    value.assign(bytes.data(), bytes.size());
    return true;
  }
};

template <class E>
struct Codec<std::vector<E>> {
  static constexpr bool kBytes =
      std::is_same_v<E, uint8_t> || std::is_same_v<E, int8_t> || std::is_same_v<E, char>;

  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kList);
    Codec<E>::Describe(type);
  }
  static void Write(Writer& out, const std::vector<E>& value, int depth) {
    CheckWriteDepth(depth);
    out.Varint(value.size());
    if constexpr (kBytes) {
      out.Bytes({reinterpret_cast<const char*>(value.data()), value.size()});
    } else {
      for (const auto& element : value) Codec<E>::Write(out, element, depth + 1);
    }
  }
  static bool Read(Reader& in, std::vector<E>& value, int depth) {
    size_t count = 0;
    if (depth >= kMaxDepth) return in.FailDeep();
    if (!in.Count(count)) return false;
    value.clear();
    if constexpr (kBytes) {
      std::string_view bytes;
      if (!in.Bytes(count, bytes)) return false;
      value.assign(bytes.begin(), bytes.end());
    } else {
      value.reserve(in.Reservation(count, sizeof(E)));
      for (; count > 0; --count) {
        if constexpr (std::is_same_v<E, bool>) {
          bool element = false;
          if (!in.Bool(element)) return false;
          value.push_back(element);
        } else if (!Codec<E>::Read(in, value.emplace_back(), depth + 1)) {
          return false;
        }
      }
    }
    return true;
  }
};

template <class E, size_t N>
struct Codec<std::array<E, N>> {
  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kList);
    Codec<E>::Describe(type);
  }
  static void Write(Writer& out, const std::array<E, N>& value, int depth) {
    CheckWriteDepth(depth);
    out.Varint(N);
    for (const E& element : value) Codec<E>::Write(out, element, depth + 1);
  }
  static bool Read(Reader& in, std::array<E, N>& value, int depth) {
    size_t count = 0;
    if (depth >= kMaxDepth) return in.FailDeep();
    if (!in.Count(count)) return false;
    if (count != N) return in.Fail("a list is longer or shorter than the program's std::array");
    for (E& element : value) {
      if (!Codec<E>::Read(in, element, depth + 1)) return false;
    }
    return true;
  }
};

template <class K, class Less, class Alloc>
struct Codec<std::set<K, Less, Alloc>> {
  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kSet);
    Codec<K>::Describe(type);
  }
  static void Write(Writer& out, const std::set<K, Less, Alloc>& value, int depth) {
    CheckWriteDepth(depth);
    out.Varint(value.size());
    for (const K& key : value) Codec<K>::Write(out, key, depth + 1);
  }
  static bool Read(Reader& in, std::set<K, Less, Alloc>& value, int depth) {
    size_t count = 0;
    if (depth >= kMaxDepth) return in.FailDeep();
    if (!in.Count(count)) return false;
    value.clear();
    for (size_t i = 0; i < count; ++i) {
      K key{};
      if (!Codec<K>::Read(in, key, depth + 1)) return false;
      value.emplace_hint(value.end(), std::move(key));
      if (value.size() != i + 1) return in.Fail("a set holds the same element twice");
    }
    return true;
  }
};

template <class K, class V, class Less, class Alloc>
struct Codec<std::map<K, V, Less, Alloc>> {
  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kMap);
    Codec<K>::Describe(type);
    Codec<V>::Describe(type);
  }
  static void Write(Writer& out, const std::map<K, V, Less, Alloc>& value, int depth) {
    CheckWriteDepth(depth);
    out.Varint(value.size());
    for (const auto& [key, element] : value) {
      Codec<K>::Write(out, key, depth + 1);
      Codec<V>::Write(out, element, depth + 1);
    }
  }
  static bool Read(Reader& in, std::map<K, V, Less, Alloc>& value, int depth) {
    size_t count = 0;
    if (depth >= kMaxDepth) return in.FailDeep();
    if (!in.Count(count)) return false;
    value.clear();
    for (size_t i = 0; i < count; ++i) {
      K key{};
      if (!Codec<K>::Read(in, key, depth + 1)) return false;
      const auto place = value.emplace_hint(value.end(), std::move(key), V{});
      if (value.size() != i + 1) return in.Fail("a map holds the same key twice");
      if (!Codec<V>::Read(in, place->second, depth + 1)) return false;
    }
    return true;
  }
};

template <class A, class B>
struct Codec<std::pair<A, B>> {
  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kPair);
    Codec<A>::Describe(type);
    Codec<B>::Describe(type);
  }
  static void Write(Writer& out, const std::pair<A, B>& value, int depth) {
    CheckWriteDepth(depth);
    Codec<A>::Write(out, value.first, depth + 1);
    Codec<B>::Write(out, value.second, depth + 1);
  }
  static bool Read(Reader& in, std::pair<A, B>& value, int depth) {
    if (depth >= kMaxDepth) return in.FailDeep();
    return Codec<A>::Read(in, value.first, depth + 1) &&
           Codec<B>::Read(in, value.second, depth + 1);
  }
};

template <class E>
struct Codec<std::optional<E>> {
  static void Describe(TypeBuilder& type) {
    type.Add(Kind::kOptional);
    Codec<E>::Describe(type);
  }
  static void Write(Writer& out, const std::optional<E>& value, int depth) {
    CheckWriteDepth(depth);
    out.Byte(value ? 1 : 0);
    if (value) Codec<E>::Write(out, *value, depth + 1);
  }
  static bool Read(Reader& in, std::optional<E>& value, int depth) {
    bool present = false;
    if (depth >= kMaxDepth) return in.FailDeep();
    if (!in.Bool(present)) return false;
    value.reset();
    return !present || Codec<E>::Read(in, value.emplace(), depth + 1);
  }
};

// The fields of a described struct, one after the other.
template <class T, class List = Fields<T>>
struct StructCodec;

template <class T, template <class...> class List, class... Field>
struct StructCodec<T, List<Field...>> {
  static constexpr char kId = 0;  // Its address stands for T.

  template <class F>
  using TypeOfField = std::remove_reference_t<decltype(std::declval<T&>().*F::pointer)>;

  static void Describe(TypeBuilder& type) {
    if (!type.AddStruct(&kId, TypeSignature<T>(), sizeof...(Field), &MakeDefault)) return;
    ((type.AddField(Field::name), Codec<TypeOfField<Field>>::Describe(type)), ...);
  }
  static void Write(Writer& out, const T& value, int depth) {
    CheckWriteDepth(depth);
    if constexpr (sizeof...(Field) == 0) out.Byte(0);
    (Codec<TypeOfField<Field>>::Write(out, value.*Field::pointer, depth + 1), ...);
  }
  static bool Read(Reader& in, T& value, int depth) {
    if (depth >= kMaxDepth) return in.FailDeep();
    if constexpr (sizeof...(Field) == 0)
      return in.Prefix({"\0", 1}) || in.Fail("a struct is broken");
    return (Codec<TypeOfField<Field>>::Read(in, value.*Field::pointer, depth + 1) && ...);
  }
  static std::string MakeDefault() {
    Writer out;
    Write(out, T{}, 0);
    return out.Take();
  }
};

// Every type without a Codec of its own must be a described struct.
template <class T>
struct Codec {
  static void Describe([[maybe_unused]] TypeBuilder& type) {
    if constexpr (CheckEncodable<T>()) StructCodec<T>::Describe(type);
  }
  static void Write([[maybe_unused]] Writer& out, const T& value, int depth) {
    if constexpr (CheckEncodable<T>()) StructCodec<T>::Write(out, value, depth);
  }
  static bool Read([[maybe_unused]] Reader& in, T& value, int depth) {
    if constexpr (CheckEncodable<T>()) return StructCodec<T>::Read(in, value, depth);
    return false;
  }
};

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_CODEC_H_
