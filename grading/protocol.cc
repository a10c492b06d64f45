// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/protocol.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

using Json = nlohmann::json;

// Moves known keys out of a result, so that what is left over is the unknown ones.
class KnownKeys {
 public:
  explicit KnownKeys(Json json) : json_(std::move(json)) {}

  void Take(const char* key, std::string* value) { TakeIf(key, &Json::is_string, value); }
  void Take(const char* key, bool* value) { TakeIf(key, &Json::is_boolean, value); }
  void Take(const char* key, double* value) { TakeIf(key, &Json::is_number, value); }
  void Take(const char* key, int* value) { TakeIf(key, &Json::is_number_integer, value); }
  void Take(const char* key, int64_t* value) { TakeIf(key, &Json::is_number_integer, value); }
  void Take(const char* key, uint64_t* value) { TakeIf(key, &Json::is_number_unsigned, value); }

  void Take(const char* key, std::vector<std::string>* value) {
    Json list = Json::array();
    TakeIf(key, &Json::is_array, &list);
    for (const Json& item : list) {
      if (item.is_string()) value->push_back(item);
      if (!item.is_string()) wrong_ = key;
    }
  }

  const std::string& wrong() const { return wrong_; }  // a key of another type than agreed
  Json rest() && { return std::move(json_); }

 private:
  template <typename Value>
  void TakeIf(const char* key, bool (Json::*is_type)() const noexcept, Value* value) {
    const auto found = json_.find(key);
    if (found == json_.end()) return;
    if (!((*found).*is_type)()) {
      wrong_ = key;
      return;
    }
    *value = found->get<Value>();
    json_.erase(found);
  }

  Json json_;
  std::string wrong_;
};

}  // namespace

std::string FormatJob(int64_t id, const Job& job) {
  const nlohmann::ordered_json json = {{"id", id},
                                       {"test", job.test},
                                       {"seed", job.seed},
                                       {"strategy", job.strategy},
                                       {"log", false}};
  return json.dump() + "\n";
}

absl::StatusOr<ReportedRun> ParseResult(const std::string& line) {
  // A student's text may be part of the line: no byte of it makes it another line's.
  const std::string text = PlainText(line);
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto error = [&](const std::string& why) {
    return absl::InternalError(
        absl::StrCat("printed a line that is not a result (", why, "): ", text.substr(0, 120)));
  };
  if (!json.is_object()) return error("no JSON object");
  KnownKeys keys(std::move(json));
  ReportedRun reported;
  reported.id = -1;
  Run& run = reported.run;
  std::string verdict;
  keys.Take("id", &reported.id);
  keys.Take("test", &run.test);
  keys.Take("seed", &run.seed);
  keys.Take("strategy", &run.strategy);
  keys.Take("isolated", &run.isolated);
  keys.Take("verdict", &verdict);
  keys.Take("message", &run.message);
  keys.Take("report", &run.report);
  keys.Take("hash", &run.hash);
  keys.Take("virtual_seconds", &run.virtual_seconds);
  keys.Take("cpu_ms", &run.cpu_ms);
  keys.Take("real_ms", &run.real_ms);
  keys.Take("servers", &run.servers);
  keys.Take("rpcs", &run.rpcs);
  keys.Take("bytes", &run.bytes);
  keys.Take("commits", &run.commits);
  keys.Take("weather", &run.weather);
  keys.Take("warnings", &run.warnings);
  keys.Take("notes", &run.notes);
  if (!keys.wrong().empty()) return error(absl::StrCat("a wrong type of ", keys.wrong()));
  if (reported.id < 0) return error("no id");
  const std::optional<Verdict> known = VerdictFromName(verdict);
  if (!known) return error(absl::StrCat("the verdict \"", verdict, "\" is unknown"));
  run.verdict = *known;
  run.extra = std::move(keys).rest();
  return reported;
}

}  // namespace grading
