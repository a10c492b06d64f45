// Part of Raftlab, under the MIT License (see LICENSE).
//
// Structs to JSON and back. Each struct lists its fields once, in a function Fields(archive, value)
// (grade_fields.h); JsonWriter and JsonReader are the two archives. Reading is strict: a field that
// is missing or of another type is an error that names it. Keys that nobody asks for are ignored.
//
// A string that is not UTF-8 becomes {"base64": "..."}, so that no byte is lost.

#ifndef RAFTLAB_GRADING_JSON_ARCHIVE_H_
#define RAFTLAB_GRADING_JSON_ARCHIVE_H_

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "grading/grade.h"

namespace grading {

// T, or const T, for functions that serve both a writer and a reader.
template <typename Given, typename T>
concept Is = std::same_as<std::remove_const_t<Given>, T>;

class JsonWriter {
 public:
  using Json = nlohmann::ordered_json;

  template <typename T>
  static Json ToJson(const T& value) {
    JsonWriter writer;
    Fields(writer, value);
    return std::move(writer.json_);
  }

  template <typename T>
  void operator()(const char* key, const T& value) {
    json_[key] = Value(value);
  }
  template <typename T>
  void Added(const char* key, const T& value) {
    (*this)(key, value);
  }

 private:
  template <typename T>
  static Json Value(const T& value) {
    return ToJson(value);
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  static Json Value(const T& value) { return value; }
  static Json Value(const std::string& bytes);
  static Json Value(const nlohmann::json& json) { return json; }
  static Json Value(Verdict verdict) { return std::string(VerdictName(verdict)); }
  static Json Value(Finding::Severity severity) { return std::string(SeverityName(severity)); }
  template <typename T>
  static Json Value(const std::vector<T>& list) {
    Json json = Json::array();
    for (const T& item : list) json.push_back(Value(item));
    return json;
  }

  Json json_ = Json::object();
};

class JsonReader {
 public:
  using Json = nlohmann::json;

  // InvalidArgument if the JSON is not a T: "results.seeds is missing".
  template <typename T>
  static absl::StatusOr<T> FromJson(Json json) {
    std::string wrong;
    T value;
    JsonReader(&json, "", &wrong).Value(json, "the document", &value);
    if (!wrong.empty()) return absl::InvalidArgumentError(wrong);
    return value;
  }

  // A key that older documents lack.
  template <typename T>
  void Added(const char* key, T& value) {
    if (json_->contains(key)) (*this)(key, value);
  }

  template <typename T>
  void operator()(const char* key, T& value) {
    const std::string path = prefix_ + key;
    const auto found = json_->find(key);
    if (found == json_->end()) return Wrong(path, "is missing");
    Value(*found, path, &value);
  }

 private:
  JsonReader(Json* json, std::string prefix, std::string* wrong)
      : json_(json), prefix_(std::move(prefix)), wrong_(wrong) {}

  // Each takes the value out of `json`; `path` is for the error.
  template <typename T>
  void Value(Json& json, const std::string& path, T* value) {
    if (!json.is_object()) return Wrong(path, "is no object");
    JsonReader reader(&json, json_ == &json ? "" : path + ".", wrong_);
    Fields(reader, *value);
  }
  template <typename T>
  void Value(Json& json, const std::string& path, std::vector<T>* list) {
    if (!json.is_array()) return Wrong(path, "is no list");
    for (size_t i = 0; i < json.size() && wrong_->empty(); ++i) {
      Value(json[i], absl::StrCat(path, "[", i, "]"), &list->emplace_back());
    }
  }
  void Value(Json& json, const std::string& path, std::string* bytes);
  void Value(Json& json, const std::string& path, Json* value);
  void Value(Json& json, const std::string& path, bool* value);
  void Value(Json& json, const std::string& path, int* value);
  void Value(Json& json, const std::string& path, int64_t* value);
  void Value(Json& json, const std::string& path, uint64_t* value);
  void Value(Json& json, const std::string& path, double* value);
  void Value(Json& json, const std::string& path, Verdict* value);
  void Value(Json& json, const std::string& path, Finding::Severity* value);

  // Keeps the first.
  void Wrong(const std::string& path, std::string_view what) {
    if (wrong_->empty()) *wrong_ = absl::StrCat(path, " ", std::string(what));
  }

  Json* json_;
  std::string prefix_;
  std::string* wrong_;
};

// The JSON of a whole document whose "schema" must be `schema`. InvalidArgument if the text is no
// JSON, or nested without measure, or another document.
absl::StatusOr<nlohmann::json> ParseDocument(std::string_view text, std::string_view schema);

}  // namespace grading

#endif  // RAFTLAB_GRADING_JSON_ARCHIVE_H_
