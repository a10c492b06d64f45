// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grading/grade_fields.h"
#include "grading/json_archive.h"

namespace grading {
namespace {

using Json = JsonWriter::Json;

constexpr char kGradeSchema[] = "raftlab-grade-1";
constexpr char kClassSchema[] = "raftlab-class-1";

template <typename T>
std::string Document(const char* schema, const T& value) {
  Json json = {{"schema", schema}};
  json.update(JsonWriter::ToJson(value));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

template <typename T>
absl::StatusOr<T> FromDocument(std::string_view text, const char* schema, const char* what) {
  const auto error = [&](const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat("is not ", what, ": ", status.message()));
  };
  auto json = ParseDocument(text, schema);
  if (!json.ok()) return error(json.status());
  auto value = JsonReader::FromJson<T>(*std::move(json));
  if (!value.ok()) return error(value.status());
  return value;
}

}  // namespace

std::string GradeJson(const Grade& grade) { return Document(kGradeSchema, grade); }

std::string ClassJson(const ClassGrades& grades) {
  ClassGrades small = grades;
  for (Grade& grade : small.grades) grade = Abridged(std::move(grade));
  return Document(kClassSchema, small);
}

absl::StatusOr<Grade> GradeFromJson(std::string_view text) {
  return FromDocument<Grade>(text, kGradeSchema, "a grade");
}

absl::StatusOr<ClassGrades> ClassFromJson(std::string_view text) {
  return FromDocument<ClassGrades>(text, kClassSchema, "the grades of a class");
}

Grade Abridged(Grade grade) {
  for (TestResult& result : grade.results.tests) {
    std::erase_if(result.runs, [](const Run& run) { return run.verdict == Verdict::kPass; });
    const Run* failure = result.FirstFailure();
    const auto fault = std::ranges::find(result.runs, Verdict::kFrameworkFault, &Run::verdict);
    for (auto run = result.runs.begin(); run != result.runs.end(); ++run) {
      if (&*run != failure && run != fault) run->report.clear();
    }
  }
  return grade;
}

}  // namespace grading
