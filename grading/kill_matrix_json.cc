// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/kill_matrix_json.h"

#include <utility>

#include "grading/json_archive.h"

namespace grading {

template <typename Archive>
void Fields(Archive& archive, Is<MutantTest> auto& test) {
  archive("test", test.test);
  archive("stage", test.stage);
  archive("verdict", test.verdict);
  archive("message", test.message);
  archive("uncertain", test.uncertain);
  archive("cpu_ms", test.cpu_ms);
}

template <typename Archive>
void Fields(Archive& archive, Is<MutantResult> auto& result) {
  archive("mutant", result.mutant);
  archive("digest", result.digest);
  archive("problem", result.problem);
  archive("output", result.output);
  archive("fault", result.fault);
  archive("real_seconds", result.real_seconds);
  archive("tests", result.tests);
}

template <typename Archive>
void Fields(Archive& archive, Is<Mutant> auto& mutant) {
  archive("name", mutant.name);
  archive("control", mutant.control);
  archive("number", mutant.number);
  archive("title", mutant.title);
  archive("rule", mutant.rule);
  archive("class", mutant.kind);
  archive("hard", mutant.hard);
  archive("stage", mutant.stage);
  archive("killed_by", mutant.killed_by);
  archive("message", mutant.message);
}

namespace {

using Json = JsonWriter::Json;

constexpr char kMutantSchema[] = "raftlab-mutant-1";
constexpr char kMatrixSchema[] = "raftlab-mutants-1";

std::string Dump(const char* schema, const Json& content) {
  Json json = {{"schema", schema}};
  json.update(content);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A mutant, its fate, and its tests.
Json EntryJson(const ZooEntry& entry) {
  Json json = JsonWriter::ToJson(entry.mutant);
  json["fate"] = FateName(entry.mutant, FateOf(entry.mutant, entry.result));
  const std::string stage = entry.mutant.stage;
  if (const auto kill = FirstKill(entry.result, stage)) {
    json["first_kill"] = {{"test", kill->test->test},
                          {"seed", kill->test->seeds()},
                          {"cpu_seconds", kill->cpu_seconds}};
  }
  const auto names = NamesTheRule(entry.mutant, entry.result);
  json["message_names_rule"] = names.has_value() ? Json(*names) : Json();
  json["result"] = JsonWriter::ToJson(entry.result);
  return json;
}

}  // namespace

std::string MutantJson(const MutantResult& result) {
  return Dump(kMutantSchema, JsonWriter::ToJson(result));
}

absl::StatusOr<MutantResult> MutantFromJson(std::string_view text) {
  auto json = ParseDocument(text, kMutantSchema);
  if (!json.ok()) return json.status();
  return JsonReader::FromJson<MutantResult>(*std::move(json));
}

std::string KillMatrixJson(const std::vector<Test>& tests, const std::vector<ZooEntry>& zoo) {
  Json json = {{"mutants", Json::array()}, {"tests", Json::array()}};
  for (const ZooEntry& entry : zoo) json["mutants"].push_back(EntryJson(entry));
  for (const TestWorth& worth : WorthOfTests(tests, zoo)) {
    json["tests"].push_back({{"test", worth.test},
                             {"stage", worth.stage},
                             {"kills", worth.kills},
                             {"alone", worth.alone},
                             {"cpu_seconds", worth.cpu_seconds}});
  }
  return Dump(kMatrixSchema, json);
}

}  // namespace grading
