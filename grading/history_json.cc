// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/history_json.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grading/history_fields.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

namespace lin = linearizability;
using Json = nlohmann::json;

constexpr char kSchema[] = "raftlab-history-1";

class LineWriter {
 public:
  using Json = nlohmann::ordered_json;

  template <typename Enum>
  void Name(const char* key, Enum value) {
    json_[key] = *(kNamesOf<Enum>.begin() + static_cast<int>(value));
  }
  template <typename T>
  void Field(const char* key, const T& value) {
    json_[key] = value;
  }
  void Field(const char* key, const std::string& bytes) {
    json_[key] = IsUtf8(bytes) ? Json(bytes) : Json{{"base64", absl::Base64Escape(bytes)}};
  }
  template <typename T>
  void Optional(const char* key, const std::optional<T>& value) {
    json_[key] = value ? Json(*value) : Json(nullptr);
  }
  std::string Line() const { return json_.dump() + "\n"; }

 private:
  Json json_ = Json::object();
};

class LineReader {
 public:
  explicit LineReader(const Json& json) : json_(json) {}

  template <typename Enum>
  void Name(const char* key, Enum& value) {
    std::string name;
    Field(key, name);
    int number = 0;
    for (const char* known : kNamesOf<Enum>) {
      if (name == known) value = static_cast<Enum>(number);
      if (name == known) return;
      ++number;
    }
    Wrong(key, "is nothing that this model knows");
  }
  template <typename T>
  void Field(const char* key, T& value) {
    used_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end()) return Wrong(key, "is missing");
    Take(key, *found, value);
  }
  template <typename T>
  void Optional(const char* key, std::optional<T>& value) {
    used_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return;
    Take(key, *found, value.emplace());
  }

  // What is wrong with the line; empty if nothing is. Call it last: it looks for other fields.
  std::string Complaint() {
    for (const auto& [key, value] : json_.items()) {
      if (used_.count(key) == 0) Wrong(key, "does not belong here");
    }
    return wrong_;
  }

 private:
  void Take(const char* key, const Json& json, std::string& value) {
    const auto base64 = json.is_object() ? json.find("base64") : json.end();
    if (json.is_string()) {
      value = json.get<std::string>();
    } else if (!json.is_object() || json.size() != 1 || base64 == json.end() ||
               !base64->is_string() ||
               !absl::Base64Unescape(base64->get_ref<const std::string&>(), &value)) {
      Wrong(key, "is no text");
    }
  }
  void Take(const char* key, const Json& json, bool& value) {
    if (!json.is_boolean()) return Wrong(key, "is neither true nor false");
    value = json.get<bool>();
  }
  template <typename Number>
  void Take(const char* key, const Json& json, Number& value) {
    const bool fits = json.is_number_unsigned()
                          ? std::in_range<Number>(json.get<uint64_t>())
                          : json.is_number_integer() && std::in_range<Number>(json.get<int64_t>());
    if (!fits) return Wrong(key, "is no whole number that fits");
    value = json.get<Number>();
  }
  void Wrong(std::string_view key, const char* what) {
    if (wrong_.empty()) wrong_ = absl::StrCat("\"", std::string(key), "\" ", what);
  }

  const Json& json_;
  std::set<std::string> used_;
  std::string wrong_;
};

// The name of the model in the first line, none if there is no such line.
std::optional<std::string> ModelOf(const Json& json) {
  const auto schema = json.find("schema");
  if (schema == json.end() || *schema != kSchema) return std::nullopt;
  const auto model = json.find("model");
  if (json.size() != 2 || model == json.end() || !model->is_string()) return std::nullopt;
  return model->get<std::string>();
}

// Calls take(number, json) for each line that is not blank, until one returns an error.
template <typename Function>
absl::Status ForEachLine(std::string_view text, Function take) {
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.find_first_not_of(" \t\r") == one.npos) continue;
    const Json json = Json::parse(one, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return WrongLine(line, "is no JSON object");
    if (absl::Status status = take(line, json); !status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename Archive, typename Band>
void FieldsOfBand(Archive& archive, Band& band) {
  archive.Field("band", band.name);
  archive.Field("begin", band.begin_ns);
  archive.Optional("end", band.end_ns);
}

absl::Status TakeBand(int line, const Json& json, std::vector<lin::ViewBand>* bands) {
  lin::ViewBand band;
  LineReader reader(json);
  FieldsOfBand(reader, band);
  if (const std::string wrong = reader.Complaint(); !wrong.empty()) return WrongLine(line, wrong);
  if (band.end_ns && *band.end_ns < band.begin_ns) {
    return WrongLine(line, "\"end\" is before \"begin\"");
  }
  bands->push_back(std::move(band));
  return absl::OkStatus();
}

}  // namespace

template <typename M>
absl::StatusOr<HistoryFile<M>> ParseHistory(std::string_view text) {
  HistoryFile<M> file;
  bool is_first = true;
  const absl::Status status = ForEachLine(text, [&](int line, const Json& json) {
    if (std::exchange(is_first, false) && json.contains("schema")) {
      if (ModelOf(json) == kModelName<M>) return absl::OkStatus();
      return WrongLine(line, absl::StrCat("is not {\"schema\": \"", kSchema, "\", \"model\": \"",
                                          kModelName<M>, "\"}"));
    }
    if (json.contains("band")) return TakeBand(line, json, &file.bands);
    lin::OperationOf<M> op;
    LineReader reader(json);
    FieldsOf<M>(reader, op);
    if (const std::string wrong = reader.Complaint(); !wrong.empty()) return WrongLine(line, wrong);
    if (op.return_ns && *op.return_ns < op.call_ns) {
      return WrongLine(line, "\"return\" is before \"call\"");
    }
    file.history.push_back(std::move(op));
    file.lines.push_back(line);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return file;
}

template <typename M>
std::string FormatHistory(const lin::History<M>& history, const std::vector<lin::ViewBand>& bands) {
  std::string text =
      absl::StrCat("{\"schema\":\"", kSchema, "\",\"model\":\"", kModelName<M>, "\"}\n");
  for (const lin::OperationOf<M>& op : history) {
    LineWriter writer;
    FieldsOf<M>(writer, op);
    text += writer.Line();
  }
  for (const lin::ViewBand& band : bands) {
    LineWriter writer;
    FieldsOfBand(writer, band);
    text += writer.Line();
  }
  return text;
}

std::optional<std::string> ModelOfHistory(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const Json json = Json::parse(text.substr(0, text.find('\n')), nullptr,
                                /*allow_exceptions=*/false);
  return json.is_object() ? ModelOf(json) : std::nullopt;
}

#define RAFTLAB_HISTORY_OF(M)                                                               \
  template absl::StatusOr<HistoryFile<lin::M>> ParseHistory<lin::M>(std::string_view text); \
  template std::string FormatHistory<lin::M>(const lin::History<lin::M>& history,           \
                                             const std::vector<lin::ViewBand>& bands)
RAFTLAB_HISTORY_OF(KvModel);
RAFTLAB_HISTORY_OF(VersionedKvModel);
RAFTLAB_HISTORY_OF(RegisterModel);
RAFTLAB_HISTORY_OF(CounterModel);
RAFTLAB_HISTORY_OF(QueueModel);
RAFTLAB_HISTORY_OF(LockModel);
#undef RAFTLAB_HISTORY_OF

}  // namespace grading
