// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_model.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace linearizability {
namespace {

constexpr size_t kMostShown = 80;

std::string Escaped(std::string_view text) {
  return absl::CHexEscape(absl::string_view(text.data(), text.size()));
}

}  // namespace

std::string Quoted(std::string_view text) {
  if (text.size() <= kMostShown) return absl::StrCat("\"", Escaped(text), "\"");
  return absl::StrCat("\"", Escaped(text.substr(0, kMostShown / 2)), "...",
                      Escaped(text.substr(text.size() - kMostShown / 2)), "\" (", text.size(),
                      " bytes)");
}

std::optional<KvModel::State> KvModel::Step(const State& state, const Input& input,
                                            const Output* output) const {
  switch (input.kind) {
    case Input::Kind::kGet:
      if (output != nullptr && output->value != state) return std::nullopt;
      return state;
    case Input::Kind::kPut:
      return input.value;
    case Input::Kind::kAppend:
      return state + input.value;
  }
  return std::nullopt;
}

std::string KvModel::Call(const Input& input) const {
  switch (input.kind) {
    case Input::Kind::kGet:
      return absl::StrCat("Get(", Quoted(input.key), ")");
    case Input::Kind::kPut:
      return absl::StrCat("Put(", Quoted(input.key), ", ", Quoted(input.value), ")");
    case Input::Kind::kAppend:
      return absl::StrCat("Append(", Quoted(input.key), ", ", Quoted(input.value), ")");
  }
  return "?";
}

std::string KvModel::Result(const Input& input, const Output& output) const {
  if (input.kind != Input::Kind::kGet) return "returned";
  return absl::StrCat("returned ", Quoted(output.value));
}

}  // namespace linearizability
