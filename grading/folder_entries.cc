// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "grading/entries.h"
#include "grading/files.h"

namespace grading {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Walk {
 public:
  Walk(Wanted wanted, Entries* entries) : wanted_(wanted), entries_(entries) {}

  // `folder` is open; the walk closes it.
  void Folder(int folder, const std::string& path, int depth) {
    if (depth > kDeepestFolder) {
      close(folder);
      return Break("too-deep", absl::StrCat("its folders are more than ", kDeepestFolder, " deep"),
                   entries_);
    }
    for (const std::string& name : Names(folder, path)) {
      if (entries_->broken) break;
      if (++seen_ > kMostEntries) {
        Break("too-many", absl::StrCat("it has more than ", kMostEntries, " files"), entries_);
        break;
      }
      One(folder, name, path.empty() ? name : absl::StrCat(path, "/", name), depth);
    }
    close(folder);
  }

 private:
  // In the order of their bytes, whatever the file system's order is.
  std::vector<std::string> Names(int folder, const std::string& path) {
    std::vector<std::string> names;
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseFolder> list(copy < 0 ? nullptr : fdopendir(copy));
    if (list == nullptr) {
      Unreadable(path);
      return names;
    }
    while (const dirent* entry = readdir(list.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != ".." && name != ".git") names.emplace_back(name);
      if (names.size() > static_cast<size_t>(kMostEntries)) break;
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void One(int folder, const std::string& name, const std::string& path, int depth) {
    struct stat found = {};
    if (fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return Unreadable(path);
    if (S_ISDIR(found.st_mode)) {
      const int inner =
          openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      return inner < 0 ? Unreadable(path) : Folder(inner, path, depth + 1);
    }
    Entry entry;
    entry.path = path;
    entry.kind = Entry::Kind::kOther;
    if (S_ISLNK(found.st_mode)) {
      entry.kind = Entry::Kind::kSymlink;
      char target[kLongestPath];
      const ssize_t length = readlinkat(folder, name.c_str(), target, sizeof(target));
      if (length > 0) entry.target.assign(target, static_cast<size_t>(length));
    } else if (S_ISREG(found.st_mode)) {
      entry.kind = Entry::Kind::kFile;
      entry.bytes = found.st_size;
      if (found.st_size <= kLargestFile && wanted_(path)) {
        entry.content = ReadRegularFile(folder, name, kLargestFile);
        if (!entry.content.has_value()) Unreadable(path);
      }
    }
    entries_->entries.push_back(std::move(entry));
  }

  void Unreadable(const std::string& path) {
    entries_->findings.push_back(
        {.severity = Finding::Severity::kWarning,
         .kind = "unreadable",
         .text = absl::StrCat(path.empty() ? "the folder" : path,
                              " cannot be read: ", std::strerror(errno), ".")});
  }

  Wanted wanted_;
  Entries* entries_;
  int seen_ = 0;
};

}  // namespace

void Break(const std::string& kind, const std::string& text, Entries* entries) {
  entries->broken = true;
  entries->findings.push_back({.severity = Finding::Severity::kError,
                               .kind = kind,
                               .text = absl::StrCat("The submission was not taken: ", text, ".")});
}

absl::StatusOr<Entries> ReadFolder(const std::string& path, Wanted wanted) {
  Entries entries;
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) {
    Break("unreadable", absl::StrCat("its folder cannot be opened: ", std::strerror(errno)),
          &entries);
    return entries;
  }
  Walk(wanted, &entries).Folder(folder, "", 0);
  return entries;
}

}  // namespace grading
