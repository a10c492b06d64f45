// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/json_archive.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 100;

template <typename Number>
bool TakeInteger(const Json& json, Number* value) {
  if (!json.is_number_integer()) return false;
  const bool fits = json.is_number_unsigned() ? std::in_range<Number>(json.get<uint64_t>())
                                              : std::in_range<Number>(json.get<int64_t>());
  if (fits) *value = json.get<Number>();
  return fits;
}

}  // namespace

JsonWriter::Json JsonWriter::Value(const std::string& bytes) {
  if (IsUtf8(bytes)) return bytes;
  return {{"base64", absl::Base64Escape(bytes)}};
}

void JsonReader::Value(Json& json, const std::string& path, std::string* bytes) {
  if (json.is_string()) {
    *bytes = std::move(json.get_ref<std::string&>());
    return;
  }
  const auto base64 = json.is_object() ? json.find("base64") : json.end();
  if (!json.is_object() || base64 == json.end() || !base64->is_string() ||
      !absl::Base64Unescape(base64->get_ref<const std::string&>(), bytes)) {
    Wrong(path, "is no text");
  }
}

void JsonReader::Value(Json& json, const std::string& path, Json* value) {
  if (!json.is_object()) return Wrong(path, "is no object");
  *value = std::move(json);
}

void JsonReader::Value(Json& json, const std::string& path, bool* value) {
  if (!json.is_boolean()) return Wrong(path, "is neither true nor false");
  *value = json.get<bool>();
}

void JsonReader::Value(Json& json, const std::string& path, int* value) {
  if (!TakeInteger(json, value)) Wrong(path, "is no whole number that fits");
}

void JsonReader::Value(Json& json, const std::string& path, int64_t* value) {
  if (!TakeInteger(json, value)) Wrong(path, "is no whole number that fits");
}

void JsonReader::Value(Json& json, const std::string& path, uint64_t* value) {
  if (!TakeInteger(json, value)) Wrong(path, "is no whole number that fits");
}

void JsonReader::Value(Json& json, const std::string& path, double* value) {
  // JSON has no infinity and no NaN: they were written as null.
  if (json.is_null()) {
    *value = std::numeric_limits<double>::quiet_NaN();
  } else if (json.is_number()) {
    *value = json.get<double>();
  } else {
    Wrong(path, "is no number");
  }
}

void JsonReader::Value(Json& json, const std::string& path, Verdict* value) {
  const auto verdict = json.is_string() ? VerdictFromName(json.get_ref<const std::string&>())
                                        : std::optional<Verdict>();
  if (!verdict) return Wrong(path, "is no verdict");
  *value = *verdict;
}

void JsonReader::Value(Json& json, const std::string& path, Finding::Severity* value) {
  const auto severity = json.is_string() ? SeverityFromName(json.get_ref<const std::string&>())
                                         : std::optional<Finding::Severity>();
  if (!severity) return Wrong(path, "is no severity");
  *value = *severity;
}

absl::StatusOr<Json> ParseDocument(std::string_view text, std::string_view schema) {
  bool deep = false;
  const auto shallow = [&deep](int depth, Json::parse_event_t, const Json&) {
    deep |= depth > kDeepest;
    return !deep;
  };
  Json json = Json::parse(text, shallow, /*allow_exceptions=*/false);
  if (deep) return absl::InvalidArgumentError("it is nested too deeply");
  if (json.is_discarded()) return absl::InvalidArgumentError("it is not JSON, or only part of it");
  const auto found = json.is_object() ? json.find("schema") : json.end();
  if (!json.is_object() || found == json.end() || *found != std::string(schema)) {
    return absl::InvalidArgumentError(
        absl::StrCat("its \"schema\" is not \"", std::string(schema), "\""));
  }
  return json;
}

}  // namespace grading
