// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/selection.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

using Severity = Finding::Severity;

std::string BaseName(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

// For people: no control characters, not endless.
std::string Show(std::string_view path) {
  return PlainText(path.size() > 100 ? absl::StrCat(std::string(path.substr(0, 100)), "...")
                                     : std::string(path));
}

// "a/b/c" of "./a//b/c", and of "a\b\c", which some programs of Windows write. Nothing for a path
// that leads out of the submission.
std::optional<std::string> Normal(std::string path) {
  if (path.size() > kLongestPath) return std::nullopt;
  if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '\\', '/');
  if (path.empty() || path[0] == '/' || path.find('\0') != std::string::npos) return std::nullopt;
  std::vector<std::string> parts;
  for (const std::string& part :
       std::vector<std::string>(absl::StrSplit(path, '/', absl::SkipEmpty()))) {
    if (part == "..") return std::nullopt;
    if (part != ".") parts.push_back(part);
  }
  if (parts.empty()) return std::nullopt;
  if (parts[0].size() == 2 && parts[0][1] == ':') return std::nullopt;  // a drive of Windows
  return absl::StrJoin(parts, "/");
}

// What macOS adds to archives.
bool IsJunk(std::string_view path) {
  return absl::StartsWith(std::string(path), "__MACOSX/") || BaseName(path).starts_with("._") ||
         BaseName(path) == ".DS_Store";
}

// The stem in lower case and whether it is a header; nothing if it is neither header nor source.
struct CodeName {
  std::string stem;
  bool header = false;
};
std::optional<CodeName> CodeNameOf(std::string_view path) {
  static const auto* headers = new std::set<std::string>{"h", "hh", "hpp", "hxx", "h++"};
  static const auto* sources = new std::set<std::string>{"c", "cc", "cpp", "cxx", "c++", "cp"};
  std::string name = absl::AsciiStrToLower(BaseName(path));
  for (const char* added : {".txt", ".bak", ".old", ".orig", "~"}) {
    if (absl::EndsWith(name, added)) name.resize(name.size() - std::string_view(added).size());
  }
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string suffix = name.substr(dot + 1);
  if (headers->count(suffix) + sources->count(suffix) == 0) return std::nullopt;
  return CodeName{.stem = name.substr(0, dot), .header = headers->count(suffix) > 0};
}

// Is `path` what somebody may have meant by `wanted`? "raft (1).cc" or "Raft.cpp" for "raft.cc".
bool IsNear(std::string_view path, const std::string& wanted) {
  const auto has = CodeNameOf(path);
  const auto needs = CodeNameOf(wanted);
  if (!has || !needs || has->header != needs->header || has->stem.size() < 3) return false;
  return has->stem.find(needs->stem) != std::string::npos ||
         needs->stem.find(has->stem) != std::string::npos;
}

// Things of one kind, for one finding about all of them.
class Examples {
 public:
  void Add(const std::string& thing) {
    if (++count_ <= 3) examples_.push_back(thing);
  }
  void Report(Severity severity, const std::string& kind, const std::string& one,
              const std::string& several, std::vector<Finding>* findings) const {
    if (count_ == 0) return;
    const std::string list = absl::StrJoin(examples_, ", ");
    findings->push_back(
        {.severity = severity,
         .kind = kind,
         .text =
             count_ == 1
                 ? absl::StrCat(list, " ", one, ".")
                 : absl::StrCat(count_, " files ", several, ": ", list,
                                count_ > static_cast<int>(examples_.size()) ? ", ..." : "", ".")});
  }

 private:
  int count_ = 0;
  std::vector<std::string> examples_;
};

std::string Link(const Entry& entry) {
  return entry.target.empty() ? Show(entry.path)
                              : absl::StrCat(Show(entry.path), " -> ", Show(entry.target));
}

// The files of the submission by their normal paths, and what is said about the rest.
std::map<std::string, std::vector<const Entry*>> Sort(const Entries& entries,
                                                      std::vector<Finding>* findings) {
  std::map<std::string, std::vector<const Entry*>> files;
  Examples outside, symbolic, hard, devices;
  for (const Entry& entry : entries.entries) {
    const std::optional<std::string> path = Normal(entry.path);
    if (!path.has_value()) {
      outside.Add(Show(entry.path));
    } else if (IsJunk(*path)) {
      continue;
    } else if (entry.kind == Entry::Kind::kSymlink) {
      symbolic.Add(Link(entry));
    } else if (entry.kind == Entry::Kind::kHardLink) {
      hard.Add(Link(entry));
    } else if (entry.kind == Entry::Kind::kOther) {
      devices.Add(Show(entry.path));
    } else {
      files[*path].push_back(&entry);
    }
  }
  outside.Report(Severity::kWarning, "path", "lies outside of the submission and was left out",
                 "lie outside of the submission and were left out", findings);
  symbolic.Report(Severity::kWarning, "symlink", "is a symbolic link and was not followed",
                  "are symbolic links and were not followed", findings);
  hard.Report(Severity::kWarning, "hardlink", "is a hard link and was not followed",
              "are hard links and were not followed", findings);
  devices.Report(Severity::kWarning, "no-file", "is no regular file and was left out",
                 "are no regular files and were left out", findings);
  return files;
}

using Files = std::map<std::string, std::vector<const Entry*>>;

// The folders, as "" or "a/b/", below which one of `names` lies; of them the least deep ones.
std::set<std::string> RootsOf(const Files& files, const std::vector<std::string>& names) {
  std::map<int, std::set<std::string>> roots;
  for (const auto& [path, entries] : files) {
    for (const std::string& name : names) {
      if (path != name && !absl::EndsWith(path, "/" + name)) continue;
      const std::string root = path.substr(0, path.size() - name.size());
      roots[static_cast<int>(std::count(root.begin(), root.end(), '/'))].insert(root);
    }
  }
  return roots.empty() ? std::set<std::string>() : roots.begin()->second;
}

void TakeOne(const EditableFile& file, const std::string& path,
             const std::vector<const Entry*>& entries, Selection* selection) {
  const auto add = [&](Severity severity, const std::string& kind, const std::string& text) {
    selection->findings.push_back({.severity = severity, .kind = kind, .text = text});
  };
  if (entries.size() > 1) {
    add(Severity::kWarning, "duplicate",
        absl::StrCat(Show(path), " is there ", entries.size(), " times; the last one was taken."));
  }
  const Entry& entry = *entries.back();
  if (entry.bytes > kLargestFile) {
    return add(
        Severity::kError, "too-large",
        absl::StrCat(Show(path), " has more than ", kLargestFile >> 10, " KiB and was not taken."));
  }
  if (!entry.content.has_value()) {
    return add(Severity::kError, "unreadable", absl::StrCat(Show(path), " could not be read."));
  }
  if (entry.content->find('\0') != std::string::npos) {
    add(Severity::kWarning, "no-text",
        absl::StrCat(Show(path), " is not plain text: save it as UTF-8."));
  }
  selection->contents[file.path] = *entry.content;
}

void Missing(const EditableFile& file, const Files& files, const std::vector<std::string>& expected,
             std::vector<Finding>* findings) {
  std::string text = absl::StrCat(file.path, " is missing");
  std::vector<std::string> found;
  for (const auto& [path, entries] : files) {
    const bool is_taken = std::find(expected.begin(), expected.end(), path) != expected.end();
    if (!is_taken && IsNear(path, file.path) && found.size() < 3) found.push_back(Show(path));
  }
  if (!found.empty()) absl::StrAppend(&text, "; there is ", absl::StrJoin(found, " and "));
  if (!file.required) absl::StrAppend(&text, "; the given one is used");
  findings->push_back({.severity = file.required ? Severity::kError : Severity::kNote,
                       .kind = "missing-file",
                       .text = text + "."});
}

}  // namespace

bool MayBeEditable(std::string_view path, const std::vector<EditableFile>& editable) {
  const std::optional<std::string> normal = Normal(std::string(path));
  if (!normal.has_value() || IsJunk(*normal)) return false;
  return std::any_of(editable.begin(), editable.end(), [&](const EditableFile& file) {
    return BaseName(*normal) == BaseName(file.path);
  });
}

Selection Select(const Entries& entries, const std::vector<EditableFile>& editable) {
  Selection selection;
  const Files files = Sort(entries, &selection.findings);
  const auto add = [&](Severity severity, const std::string& kind, const std::string& text) {
    selection.findings.push_back({.severity = severity, .kind = kind, .text = text});
  };

  std::vector<std::string> names;
  for (const EditableFile& file : editable) names.push_back(file.path);
  std::set<std::string> roots = RootsOf(files, names);
  if (roots.empty()) {
    for (std::string& name : names) name = BaseName(name);
    roots = RootsOf(files, names);
    if (!roots.empty()) {
      add(Severity::kNote, "flat",
          absl::StrCat("The files lie without the tree's folders, as ", Show(*roots.begin()),
                       names[0], "; they were taken all the same."));
    }
  }
  if (roots.size() > 1) {
    add(Severity::kError, "ambiguous",
        absl::StrCat("There is more than one set of files, in ", Show(*roots.begin()), " and ",
                     Show(*std::next(roots.begin())), "; none was taken."));
    return selection;
  }
  const std::string root = roots.empty() ? "" : *roots.begin();
  std::vector<std::string> expected;
  for (const std::string& name : names) expected.push_back(root + name);
  for (size_t i = 0; i < editable.size(); ++i) {
    const auto found = files.find(expected[i]);
    if (found == files.end()) {
      Missing(editable[i], files, expected, &selection.findings);
    } else {
      TakeOne(editable[i], found->first, found->second, &selection);
    }
  }
  Examples left;
  for (const auto& [path, same] : files) {
    if (std::find(expected.begin(), expected.end(), path) == expected.end()) left.Add(Show(path));
  }
  left.Report(Severity::kNote, "left-out", "was left out: it is not to be edited",
              "were left out, because they are not to be edited", &selection.findings);
  return selection;
}

}  // namespace grading
