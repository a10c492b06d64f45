// Part of Raftlab, under the MIT License (see LICENSE).
//
// The fields of one line of a history, for the reader and the writer of history_json.cc. Each model
// lists its fields once, in Fields(archive, op), as history_json.h has them.

#ifndef RAFTLAB_GRADING_HISTORY_FIELDS_H_
#define RAFTLAB_GRADING_HISTORY_FIELDS_H_

#include "linearizability/kv_model.h"
#include "linearizability/simple_models.h"
#include "linearizability/versioned_kv_model.h"

namespace grading {

template <typename M>
constexpr const char* kModelName = nullptr;
template <>
inline constexpr const char* kModelName<linearizability::KvModel> = "kv";
template <>
inline constexpr const char* kModelName<linearizability::VersionedKvModel> = "versioned-kv";
template <>
inline constexpr const char* kModelName<linearizability::RegisterModel> = "register";
template <>
inline constexpr const char* kModelName<linearizability::CounterModel> = "counter";
template <>
inline constexpr const char* kModelName<linearizability::QueueModel> = "queue";
template <>
inline constexpr const char* kModelName<linearizability::LockModel> = "lock";

// An enumerator is one of these names, in the enum's order.
template <typename Enum>
constexpr std::initializer_list<const char*> kNamesOf = {};
template <>
inline constexpr std::initializer_list<const char*> kNamesOf<linearizability::KvInput::Kind> = {
    "get", "put", "append"};
template <>
inline constexpr std::initializer_list<const char*>
    kNamesOf<linearizability::VersionedKvInput::Kind> = {"get", "put"};
template <>
inline constexpr std::initializer_list<const char*>
    kNamesOf<linearizability::VersionedKvOutput::Outcome> = {"ok", "no_key", "version", "maybe"};
template <>
inline constexpr std::initializer_list<const char*> kNamesOf<linearizability::RegisterInput::Kind> =
    {"read", "write", "cas"};
template <>
inline constexpr std::initializer_list<const char*> kNamesOf<linearizability::CounterInput::Kind> =
    {"read", "add"};
template <>
inline constexpr std::initializer_list<const char*> kNamesOf<linearizability::QueueInput::Kind> = {
    "enqueue", "dequeue"};
template <>
inline constexpr std::initializer_list<const char*> kNamesOf<linearizability::LockInput::Kind> = {
    "acquire", "try_acquire", "release"};

// An archive has Name (an enumerator), Field (what must be there), and Optional (what may be null
// or missing). They return nothing; the reader remembers what is wrong. Of an open operation only
// the inputs are called for.

template <typename Archive, typename Op>
void FieldsOfKv(Archive& archive, Op& op) {
  using Kind = linearizability::KvInput::Kind;
  archive.Name("op", op.input.kind);
  archive.Field("key", op.input.key);
  if (op.input.kind != Kind::kGet) archive.Field("value", op.input.value);
  if (op.input.kind == Kind::kGet && !op.is_open()) archive.Field("output", op.output.value);
}

template <typename Archive, typename Op>
void FieldsOfVersionedKv(Archive& archive, Op& op) {
  using Kind = linearizability::VersionedKvInput::Kind;
  using Outcome = linearizability::VersionedKvOutput::Outcome;
  archive.Name("op", op.input.kind);
  archive.Field("key", op.input.key);
  if (op.input.kind == Kind::kPut) {
    archive.Field("value", op.input.value);
    archive.Field("version", op.input.version);
  }
  if (op.is_open()) return;
  archive.Name("outcome", op.output.outcome);
  if (op.input.kind == Kind::kGet && op.output.outcome == Outcome::kOk) {
    archive.Field("output", op.output.value);
    archive.Field("version", op.output.version);
  }
}

template <typename Archive, typename Op>
void FieldsOfRegister(Archive& archive, Op& op) {
  using Kind = linearizability::RegisterInput::Kind;
  archive.Name("op", op.input.kind);
  if (op.input.kind == Kind::kCas) archive.Field("expected", op.input.expected);
  if (op.input.kind != Kind::kRead) archive.Field("value", op.input.value);
  if (op.is_open()) return;
  if (op.input.kind == Kind::kRead) archive.Field("output", op.output.value);
  if (op.input.kind == Kind::kCas) archive.Field("ok", op.output.ok);
}

template <typename Archive, typename Op>
void FieldsOfCounter(Archive& archive, Op& op) {
  using Kind = linearizability::CounterInput::Kind;
  archive.Name("op", op.input.kind);
  if (op.input.kind == Kind::kAdd) archive.Field("delta", op.input.delta);
  if (!op.is_open()) archive.Optional("output", op.output.value);
}

template <typename Archive, typename Op>
void FieldsOfQueue(Archive& archive, Op& op) {
  using Kind = linearizability::QueueInput::Kind;
  archive.Name("op", op.input.kind);
  if (op.input.kind == Kind::kEnqueue) archive.Field("value", op.input.value);
  if (op.input.kind == Kind::kDequeue && !op.is_open()) {
    archive.Optional("output", op.output.value);
  }
}

template <typename Archive, typename Op>
void FieldsOfLock(Archive& archive, Op& op) {
  using Kind = linearizability::LockInput::Kind;
  archive.Name("op", op.input.kind);
  archive.Field("owner", op.input.owner);
  if (op.input.kind != Kind::kAcquire && !op.is_open()) archive.Field("ok", op.output.ok);
}

template <typename M, typename Archive, typename Op>
void FieldsOf(Archive& archive, Op& op) {
  namespace lin = linearizability;
  archive.Field("client", op.client);
  archive.Field("call", op.call_ns);
  archive.Optional("return", op.return_ns);
  if constexpr (std::is_same_v<M, lin::KvModel>) FieldsOfKv(archive, op);
  if constexpr (std::is_same_v<M, lin::VersionedKvModel>) FieldsOfVersionedKv(archive, op);
  if constexpr (std::is_same_v<M, lin::RegisterModel>) FieldsOfRegister(archive, op);
  if constexpr (std::is_same_v<M, lin::CounterModel>) FieldsOfCounter(archive, op);
  if constexpr (std::is_same_v<M, lin::QueueModel>) FieldsOfQueue(archive, op);
  if constexpr (std::is_same_v<M, lin::LockModel>) FieldsOfLock(archive, op);
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_HISTORY_FIELDS_H_
