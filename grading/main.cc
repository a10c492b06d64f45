// Part of Raftlab, under the MIT License (see LICENSE).
//
// The command line of the lab tool, which ./lab builds and starts: what may be typed. What it means
// is in commands.h.

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/linearize.h"
#include "grading/names.h"
#include "grading/terminal.h"

namespace grading {
namespace {

struct Options {
  CampaignOptions test;
  ReplayOptions replay;
  std::vector<std::string> list;
  LinearizeOptions linearize;
  // LAB_STAFF begin
  GradeOptions grade;
  ExportOptions exported;
  ReleaseOptions release;
  AutograderOptions autograder;
  MutantsOptions mutants;
  std::string selftest_jobs;
  // LAB_STAFF end
};

void AddCampaignOptions(CLI::App* command, const std::string& default_seeds,
                        CampaignOptions* options) {
  command->add_option("--seeds", options->seeds,
                      "N for the seeds 1 to N, or A..B (default " + default_seeds + ")");
  command->add_option("--jobs", options->jobs, "runs at once (default: one for each core)");
  command->add_option("--strategy", options->strategy,
                      "how fibers are scheduled: random, pct, fifo, mix (default mix)");
  command->add_option("--json", options->json, "write the results to this file, as JSON");
  command->add_option("--junit", options->junit, "write the results to this file, as JUnit XML");
}

void AddTest(CLI::App* app, CampaignOptions* options) {
  CLI::App* test = app->add_subcommand("test", "run a stage, a test, or all, over some seeds");
  test->add_option("NAMES", options->names,
                   "a lab (2), stages (2A), tests (Raft2B.Backup), or patterns (*Churn)");
  test->add_option("--seed", options->seed, "only this seed");
  test->add_flag("--isolated", options->isolated,
                 "as in grading: each server in a sandboxed process of its own");
  AddCampaignOptions(test, "10", options);
}

void AddReplay(CLI::App* app, ReplayOptions* options) {
  CLI::App* replay = app->add_subcommand("replay", "run one seed of one test again, with its log");
  replay->add_option("TEST", options->test, "the test, as in Raft2B.Backup")->required();
  replay->add_option("--seed", options->seed, "the seed");
  replay->add_option("--strategy", options->strategy, "as the test was run (default mix)");
  replay->add_option("--log", options->log, "only these topics, as in VOTE,TERM");
  replay->add_option("--node", options->node, "only this node's lines");
  replay->add_option("--from", options->from, "from this virtual time on, in seconds");
  replay->add_option("--until", options->until, "up to this virtual time, in seconds");
  replay->add_option("--html", options->html, "a picture of what the clients saw (labs 3 and 4)");
  replay->add_flag("--gdb", options->gdb, "in the debugger");
  replay->add_flag("--isolated", options->isolated, "as a test with --isolated was run");
  replay->add_flag("--check-determinism", options->check_determinism,
                   "run twice and show the first event that differs");
}

void AddLinearize(CLI::App* app, LinearizeOptions* options) {
  CLI::App* linearize =
      app->add_subcommand("linearize", "is a history of a concurrent object linearizable?");
  linearize->add_option("FILE", options->file, "the history")->required();
  linearize->add_option("--model", options->model,
                        "what the object is: kv, versioned-kv, register, counter, queue, lock "
                        "(default: what the file says)");
  linearize->add_option("--format", options->format,
                        "json or plain (default: json if the file begins with {)");
  linearize->add_option("--html", options->html, "draw the history in this file");
  linearize->add_option("--max-steps", options->max_steps,
                        "how much to search where no faster way is known (default 50000000)");
  linearize->footer(std::string(HistoryFormats()));
}

// LAB_STAFF begin
void AddGrade(CLI::App* app, GradeOptions* options) {
  CLI::App* grade = app->add_subcommand("grade", "run every stage and print a score sheet");
  grade->add_flag("--reference", options->reference, "grade this tree");
  grade->add_option(
      "SUBMISSIONS", options->submissions,
      "each a folder, an archive (tar, zip) or a git repository; or a folder of such");
  grade->add_option("--stages", options->stages, "only these, as in 2A,2B");
  grade->add_option("--raft", options->raft,
                    "of submissions, what the services of lab 3 run on: the student's own Raft "
                    "(default), or the reference's, so that no bug of lab 2 counts again");
  grade->add_option("--out", options->out,
                    "the folder for the results; with submissions, the same command goes on where "
                    "it was interrupted");
  grade->add_option("--key", options->key,
                    "a file with the course key: each submission gets seeds derived from both");
  grade->add_flag("--shared-seeds", options->shared_seeds,
                  "with --key: the same seeds for every submission");
  grade->add_option("--budget", options->budget,
                    "seconds of real time after which a submission begins no further seed");
  AddCampaignOptions(grade, "20", &options->campaign);
  grade->footer("\n" + std::string(PointsPolicy()));
}

void AddRelease(CLI::App* app, ReleaseOptions* options) {
  CLI::App* release = app->add_subcommand("release", "make what students of a stage receive");
  release->add_option("STAGE", options->stage, "the stage, as in 2A");
  release->add_option("--out", options->out,
                      "the archive to write (default handout-STAGE.tar.gz or update-STAGE.tar.gz)");
  release->add_flag("--update", options->update,
                    "make what a student with the stage before unpacks over that tree: all but the "
                    "files that students edit");
  release->add_option("--previous", options->previous,
                      "with --update: the handout that students have; a file that students edit "
                      "comes as FILE.new-STAGE if it differs from that");
  release->add_flag("--no-verify", options->no_verify,
                    "write it without building and running it first");
  release->footer(
      "\nIt is made from the commit that is checked out, and refused while a tracked file differs "
      "from it;\nuntracked files stay out. handout/release.txt says which files are in it.");
}

void AddGradescope(CLI::App* app, AutograderOptions* options) {
  CLI::App* command =
      app->add_subcommand("gradescope", "make the autograder of an assignment at Gradescope");
  command->add_option("STAGE", options->stage, "the stages up to this one, as in 2B");
  command->add_option("--stages", options->stages, "instead: only these, as in 2A,2B");
  command->add_option("--out", options->out, "the zip to write (default autograder.zip)");
  command->add_option("--seeds", options->seeds, "seeds of each test (default 40)");
  command->add_option("--key-file", options->key_file,
                      "a file with the course key, which goes into the zip: each submission gets "
                      "seeds derived from both");
  command->add_option("--minutes", options->minutes,
                      "the assignment's time limit at Gradescope, 5 to 40 (default 10): no seed is "
                      "begun after 60% of it");
  command->add_option("--visibility", options->visibility,
                      "of tests that handout/rubric.csv calls not public: hidden (default), "
                      "after_due_date, after_published, visible");
  command->footer(
      "\nIt is made from the commit that is checked out, with the tests and without the solution. "
      "At Gradescope\nchoose the base image Ubuntu 24.04 or Debian 12, and 100 points a stage.");
}

void AddExport(CLI::App* app, ExportOptions* options) {
  CLI::App* command = app->add_subcommand("export", "grades in the formats of other programs");
  command
      ->add_option(
          "FORMAT", options->format,
          "of the class: csv, canvas, moodle; of the class or one submission: html, json, "
          "junit; of one submission: gradescope, github, autolab, prairielearn; or all, which "
          "writes every file in OUT_DIR anew")
      ->required();
  command->add_option("OUT_DIR", options->out_dir, "the folder that `grade --out` wrote")
      ->required();
  command->add_option("--submission", options->submission, "only this one");
  command->add_option("--out", options->out, "write to this file (default: standard output)");
  command->add_option("--roster", options->roster,
                      "canvas, moodle: a CSV with the columns submission,student,id,sis_user_id,"
                      "sis_login_id,section,email");
  command
      ->add_option("--title", options->titles,
                   "canvas, moodle: a stage's column, as in '2A=Lab 2A (12345)'")
      ->allow_extra_args(false);
  command
      ->add_option("--not-public", options->not_public,
                   "gradescope: these tests, comma-separated, get the --visibility")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--visibility", options->visibility,
                      "gradescope: hidden (default), after_due_date, after_published, visible");
  command->add_flag("--leaderboard", options->leaderboard,
                    "gradescope: RPCs and bytes of submissions with every point");
}

void AddMutants(CLI::App* app, MutantsOptions* options) {
  CLI::App* mutants = app->add_subcommand(
      "mutants", "prove that the tests kill every known bug, and no correct Raft");
  mutants->add_option("NAMES", options->names,
                      "only these: names, numbers or patterns, as in 'R*' or 'control-*'");
  mutants->add_option("--stage", options->stage, "only the mutants of this stage");
  mutants->add_option("--seeds", options->seeds, "at most so many seeds a test (default 100)");
  mutants->add_option("--jobs", options->jobs, "mutants at once (default: one for each core)");
  mutants->add_option("--out", options->out,
                      "the folder for the results, by which the same command goes on where it was "
                      "interrupted (default: in the build)");
  mutants->add_flag("--quick", options->quick,
                    "only until the first kill: hard 1 with one seed, and a sample of the others");
  mutants->add_option("--sample", options->sample,
                      "with --quick: any word, which draws the sample (default: the commit)");
  mutants->add_option("--zoo", options->zoo,
                      "the folder with mutants/NAME.patch and control/NAME/ (default tests/)");
}
// LAB_STAFF end

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// One sentence for what CLI11 found wrong.
absl::Status UsageError(CLI::App& app, const CLI::ParseError& error) {
  if (app.get_subcommands().empty()) {
    return absl::InvalidArgumentError(
        "begin with a command, as in `./lab test 2A`; "
        "`./lab --help` shows all.");
  }
  const CLI::App& command = *app.get_subcommands().front();
  const std::string help = absl::StrCat("; `./lab ", command.get_name(), " --help` shows all.");
  const std::vector<std::string> rest = command.remaining();
  if (rest.empty()) {
    // CLI11 says "--seed: 1 required TEXT missing".
    const std::string what = error.what();
    const size_t colon = what.find(": 1 required");
    const std::string why =
        colon == std::string::npos ? what : what.substr(0, colon) + " needs a value";
    return absl::InvalidArgumentError(why + help);
  }
  const std::string word = rest.front().substr(0, rest.front().find('='));
  if (!word.starts_with('-')) {
    return absl::InvalidArgumentError(absl::StrCat(word, " is a word too many", help));
  }
  const std::string nearest = Nearest(word, OptionNames(command));
  return absl::InvalidArgumentError(
      absl::StrCat(command.get_name(), " has no option ", word,
                   nearest.empty() ? "" : "; the nearest is " + nearest, help));
}

int RunCommand(const std::string& name, const Options& options) {
  const Site site = Site::Find();
  if (name == "test") return TestCommand(options.test, site);
  if (name == "replay") return ReplayCommand(options.replay, site);
  if (name == "linearize") return LinearizeCommand(options.linearize);
  // LAB_STAFF begin
  if (name == "grade") return GradeCommand(options.grade, site);
  if (name == "release") return ReleaseCommand(options.release, site);
  if (name == "gradescope") return GradescopeCommand(options.autograder, site);
  if (name == "export") return ExportCommand(options.exported);
  if (name == "mutants") return MutantsCommand(options.mutants, site);
  if (name == "selftest") return SelftestCommand(options.selftest_jobs, site);
  // LAB_STAFF end
  return ListCommand(options.list, site);
}

int Main(int argc, char** argv) {
  CLI::App app("Raftlab: run the labs in deterministic virtual time", "./lab");
  app.require_subcommand(1);
  Options options;
  AddTest(&app, &options.test);
  AddReplay(&app, &options.replay);
  app.add_subcommand("list", "the tests, their stages and points")
      ->add_option("NAMES", options.list, "only these stages or tests");
  AddLinearize(&app, &options.linearize);
  // LAB_STAFF begin
  AddGrade(&app, &options.grade);
  AddExport(&app, &options.exported);
  AddRelease(&app, &options.release);
  AddGradescope(&app, &options.autograder);
  AddMutants(&app, &options.mutants);
  app.add_subcommand("selftest", "run all of the project's own tests")
      ->add_option("--jobs", options.selftest_jobs, "tests at once (default: one for each core)");
  // LAB_STAFF end

  const std::vector<std::string> names = SubcommandNames(app);
  const std::string first = argc > 1 ? argv[1] : "";
  if (!first.empty() && first[0] != '-' && std::ranges::find(names, first) == names.end()) {
    return Complain(absl::InvalidArgumentError(absl::StrCat(
        "there is no command ", first, NearestHint(first, names), " `./lab --help` shows all.")));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Complain(UsageError(app, error));
  }
  return RunCommand(app.get_subcommands().front()->get_name(), options);
}

}  // namespace
}  // namespace grading

int main(int argc, char** argv) { return grading::Main(argc, argv); }
