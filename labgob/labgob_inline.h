// Part of Raftlab, under the MIT License (see LICENSE).
//
// The templates of labgob.h; include that.

#ifndef RAFTLAB_LABGOB_LABGOB_INLINE_H_
#define RAFTLAB_LABGOB_LABGOB_INLINE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "labgob/codec.h"
#include "labgob/convert.h"

namespace labgob {

template <class T>
const Type& TypeOf() {
  static const Type& type = *new Type([] {
    TypeBuilder builder;
    Codec<T>::Describe(builder);
    return builder.Build();
  }());
  return type;
}

template <class T>
std::string Encode(const T& value) {
  Writer out(TypeOf<T>().header);
  Codec<T>::Write(out, value, 0);
  return out.Take();
}

// `fresh` is default-made, and worth nothing after an error.
template <class T>
absl::Status Fill(std::string_view bytes, T& fresh) {
  const Type& type = TypeOf<T>();
  Reader in(bytes);
  if (in.Prefix(type.header)) {
    if (Codec<T>::Read(in, fresh, 0) && in.remaining() == 0) [[likely]]
      return absl::OkStatus();
    return Refuse(bytes, type, in.why());
  }
  const absl::StatusOr<std::string> converted = Convert(bytes, type);
  if (!converted.ok()) return converted.status();
  Reader again(*converted);
  if (Codec<T>::Read(again, fresh, 0) && again.remaining() == 0) return absl::OkStatus();
  return Malformed(again.why());
}

template <class T>
absl::StatusOr<T> Decode(std::string_view bytes) {
  absl::StatusOr<T> result(T{});
  if (absl::Status status = Fill(bytes, *result); !status.ok()) result = std::move(status);
  return result;
}

void WarnReused(std::string_view type_signature, std::string_view path);

template <class T>
bool SameBytes(const T& a, const T& b) {
  Writer out_a, out_b;
  Codec<T>::Write(out_a, a, 0);
  Codec<T>::Write(out_b, b, 0);
  return out_a.view() == out_b.view();
}

// Whether the two differ, and then in which field: `.conflict.term`, "" when T is no struct.
template <class T>
bool Differ(const T& a, const T& b, std::string& path) {
  if constexpr (boost::describe::has_describe_members<T>::value) {
    return [&]<template <class...> class List, class... Field>(List<Field...>*) {
      return ((Differ(a.*Field::pointer, b.*Field::pointer, path) &&
               (path.insert(0, Field::name).insert(0, "."), true)) ||
              ...);
    }(static_cast<Fields<T>*>(nullptr));
  } else {
    return !SameBytes(a, b);
  }
}

template <class T>
absl::Status DecodeInto(std::string_view bytes, T& target) {
  T fresh{};
  std::string path;
  if (Differ(target, fresh, path)) [[unlikely]]
    WarnReused(TypeSignature<T>(), path);
  absl::Status status = Fill(bytes, fresh);
  if (status.ok()) target = std::move(fresh);
  return status;
}

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_LABGOB_INLINE_H_
