// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/json_report.h"

#include <algorithm>

#include "grading/grade_fields.h"
#include "grading/json_archive.h"

namespace grading {
namespace {

using Json = nlohmann::ordered_json;

Json RunToJson(const Run& run) {
  Json json = JsonWriter::ToJson(run);
  json.erase("extra");
  for (const auto& [key, value] : run.extra.items()) {
    if (!json.contains(key)) json[key] = value;
  }
  return json;
}

Json TestToJson(const TestResult& result, const std::string& strategy) {
  Json failures = Json::object();
  for (const auto& [verdict, seeds] : result.SeedsByFailure()) {
    failures[std::string(VerdictName(verdict))] = seeds;
  }
  const Run* first = result.FirstFailure();
  return {{"test", result.test.name},
          {"stage", result.test.stage},
          {"about", result.test.about},
          {"servers", result.test.servers},
          {"verdict", std::string(VerdictName(result.Summary()))},
          {"runs", result.runs.size()},
          {"passed", result.Count(Verdict::kPass)},
          {"failed", result.failures()},
          {"skipped", result.Count(Verdict::kSkip)},
          {"framework_faults", result.Count(Verdict::kFrameworkFault)},
          {"virtual_seconds", result.Median(&Run::virtual_seconds)},
          {"real_ms", result.Median(&Run::real_ms)},
          {"rpcs", result.Median(&Run::rpcs)},
          {"bytes", result.Median(&Run::bytes)},
          {"commits", result.Median(&Run::commits)},
          {"failures", failures},
          {"replay", first == nullptr ? "" : ReplayLine(*first, strategy)}};
}

void AddScore(const ScoreSheet& sheet, const std::string& test, Json* json) {
  for (const StageScore& stage : sheet.stages) {
    const auto score = std::ranges::find(stage.tests, test, &TestScore::test);
    if (score == stage.tests.end()) continue;
    (*json)["points"] = score->points;
    (*json)["weight"] = score->weight;
    (*json)["graded"] = score->graded;
    (*json)["title"] = score->title;
  }
}

Json StageToJson(const Stage& stage, const Results& results, const ScoreSheet* sheet) {
  const auto count = [&](auto wanted) {
    return std::ranges::count_if(results.tests, [&](const TestResult& result) {
      return result.test.stage == stage.name && wanted(result);
    });
  };
  Json json = {
      {"stage", stage.name},
      {"lab", stage.lab},
      {"percent", stage.percent},
      {"title", stage.title},
      {"tests", count([](const TestResult&) { return true; })},
      {"passed", count([](const TestResult& r) { return r.Summary() == Verdict::kPass; })}};
  if (sheet == nullptr) return json;
  for (const StageScore& score : sheet->stages) {
    if (score.stage.name != stage.name) continue;
    json["points"] = score.points;
    json["possible"] = score.possible;
  }
  return json;
}

}  // namespace

std::string JsonReport(const Results& results, const std::vector<Stage>& stages,
                       const ScoreSheet* sheet) {
  Json json = {{"schema", "raftlab-results-1"},
               {"command", results.command},
               {"strategy", results.strategy},
               {"seeds", results.seeds},
               {"real_seconds", results.real_seconds},
               {"interrupted_by", results.interrupted_by},
               {"fault", results.fault},
               {"stages", Json::array()},
               {"tests", Json::array()},
               {"runs", Json::array()}};
  for (const Stage& stage : stages) {
    Json item = StageToJson(stage, results, sheet);
    if (item["tests"] != 0) json["stages"].push_back(std::move(item));
  }
  for (const TestResult& result : results.tests) {
    json["tests"].push_back(TestToJson(result, results.strategy));
    if (sheet != nullptr) AddScore(*sheet, result.test.name, &json["tests"].back());
    for (const Run& run : result.runs) json["runs"].push_back(RunToJson(run));
  }
  if (sheet != nullptr) {
    json["labs"] = Json::array();
    for (const LabScore& lab : sheet->labs) {
      json["labs"].push_back({{"lab", lab.lab}, {"percent", lab.percent}});
    }
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace grading
