// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grading/entries.h"
#include "grading/plain_text.h"
#include "grading/process.h"

namespace grading {
namespace {

using nlohmann::json;

constexpr int kReaderCpuSeconds = 30;
constexpr rlim_t kReaderMemory = rlim_t{2} << 30;
constexpr size_t kMostReport = size_t{128} << 20;  // bytes: all paths and all contents
constexpr int kBlock = 1 << 16;

struct FreeArchive {
  void operator()(archive* source) const { archive_read_free(source); }
};

std::string TextOr(const char* text, const char* otherwise) {
  return text == nullptr ? otherwise : text;
}

// One archive, read in the process that may die of it.
class Reader {
 public:
  Reader(Wanted wanted, Entries* entries) : wanted_(wanted), entries_(entries) {}

  void Read(int file) {
    archive_read_support_format_tar(source_.get());
    archive_read_support_format_zip(source_.get());
    archive_read_support_filter_gzip(source_.get());
    archive_read_support_filter_bzip2(source_.get());
    archive_read_support_filter_xz(source_.get());
    archive_read_support_filter_zstd(source_.get());
    if (archive_read_open_fd(source_.get(), file, kBlock) < ARCHIVE_WARN) return NotAnArchive();
    while (!entries_->broken) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(source_.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      if (result < ARCHIVE_WARN) return seen_ == 0 ? NotAnArchive() : Damaged();
      if (++seen_ > kMostEntries) {
        return Break("too-many", absl::StrCat("it has more than ", kMostEntries, " entries"),
                     entries_);
      }
      One(entry);
    }
    if (seen_ == 0 && !entries_->broken) Break("empty", "its archive is empty", entries_);
  }

 private:
  void NotAnArchive() {
    Break("no-archive",
          absl::StrCat("it is no archive that can be read (",
                       PlainText(TextOr(archive_error_string(source_.get()), "unknown")),
                       "); a .tar.gz or .zip can"),
          entries_);
  }
  void Damaged() {
    Break("damaged",
          absl::StrCat("its archive is damaged after ", Plural(seen_, "file"), " (",
                       PlainText(TextOr(archive_error_string(source_.get()), "unknown")), ")"),
          entries_);
  }

  void One(archive_entry* from) {
    Entry entry;
    entry.path = TextOr(archive_entry_pathname(from), "");
    if (entry.path.empty()) entry.path = TextOr(archive_entry_pathname_utf8(from), "?");
    const mode_t type = archive_entry_filetype(from);
    if (archive_entry_hardlink(from) != nullptr) {
      entry.kind = Entry::Kind::kHardLink;
      entry.target = archive_entry_hardlink(from);
    } else if (type == AE_IFLNK) {
      entry.kind = Entry::Kind::kSymlink;
      entry.target = TextOr(archive_entry_symlink(from), "?");
    } else if (type != AE_IFREG && type != AE_IFDIR) {
      entry.kind = Entry::Kind::kOther;
    }
    entry.path.resize(std::min(entry.path.size(), kLongestPath + 1));  // longer ones are refused
    entry.target.resize(std::min(entry.target.size(), kLongestPath));
    if (archive_entry_is_encrypted(from) != 0) {
      return Break("encrypted", "its archive is protected by a password", entries_);
    }
    Data(&entry);
    if (type != AE_IFDIR) entries_->entries.push_back(std::move(entry));
  }

  // Reads all of it, also what nobody wants, because only that shows how much it is.
  void Data(Entry* entry) {
    const bool keep =
        entry->kind == Entry::Kind::kFile && kept_ < kMostContents && wanted_(entry->path);
    std::string content;
    while (true) {
      const void* block = nullptr;
      size_t length = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(source_.get(), &block, &length, &offset);
      if (result == ARCHIVE_EOF) break;
      if (result < ARCHIVE_WARN) return Damaged();
      entry->bytes = offset + static_cast<int64_t>(length);
      unpacked_ += static_cast<int64_t>(length);
      // The second sum sees the bytes of headers as well.
      if (std::max(unpacked_, int64_t{archive_filter_bytes(source_.get(), 0)}) > kMostUnpacked) {
        return Break("too-large",
                     absl::StrCat("its archive unpacks to more than ", kMostUnpacked >> 20, " MiB"),
                     entries_);
      }
      if (!keep || entry->bytes > kLargestFile) continue;
      content.resize(static_cast<size_t>(offset));  // the holes of a sparse file
      content.append(static_cast<const char*>(block), length);
    }
    if (!keep || entry->bytes > kLargestFile) return;
    entry->content = std::move(content);
    ++kept_;
  }

  Wanted wanted_;
  Entries* entries_;
  std::unique_ptr<archive, FreeArchive> source_{archive_read_new()};
  int seen_ = 0;
  int kept_ = 0;
  int64_t unpacked_ = 0;
};

void LimitReader() {
  const auto limit = [](__rlimit_resource what, rlim_t most) {
    const rlimit both = {.rlim_cur = most, .rlim_max = most};
    setrlimit(what, &both);
  };
  limit(RLIMIT_CPU, kReaderCpuSeconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes
  limit(RLIMIT_AS, kReaderMemory);
#endif
  if (geteuid() != 0) return;
  if (setgroups(0, nullptr) != 0 || setresgid(kSandboxUser, kSandboxUser, kSandboxUser) != 0 ||
      setresuid(kSandboxUser, kSandboxUser, kSandboxUser) != 0) {
    _exit(126);
  }
}

json Bytes(const std::string& text) {
  return json::binary(std::vector<uint8_t>(text.begin(), text.end()));
}
std::string Text(const json& bytes) {
  const auto& binary = bytes.get_binary();
  return std::string(binary.begin(), binary.end());
}

std::vector<uint8_t> ToReport(const Entries& entries) {
  json list = json::array();
  for (const Entry& entry : entries.entries) {
    list.push_back({Bytes(entry.path), static_cast<int>(entry.kind), Bytes(entry.target),
                    entry.bytes, entry.content ? Bytes(*entry.content) : json()});
  }
  json findings = json::array();
  for (const Finding& finding : entries.findings) {
    findings.push_back({static_cast<int>(finding.severity), finding.kind, finding.text});
  }
  return json::to_cbor({list, findings, entries.broken});
}

// Throws json::exception on what no reader of ours has written.
Entries FromReport(const std::string& bytes) {
  const json report = json::from_cbor(bytes);
  Entries entries;
  for (const json& from : report.at(0)) {
    Entry& entry = entries.entries.emplace_back();
    entry.path = Text(from.at(0));
    entry.kind = static_cast<Entry::Kind>(from.at(1).get<int>());
    entry.target = Text(from.at(2));
    entry.bytes = from.at(3);
    if (!from.at(4).is_null()) entry.content = Text(from.at(4));
  }
  for (const json& from : report.at(1)) {
    entries.findings.push_back({.severity = static_cast<Finding::Severity>(from.at(0).get<int>()),
                                .kind = from.at(1),
                                .text = from.at(2)});
  }
  entries.broken = report.at(2);
  return entries;
}

// What the child does.
int ReadAndReport(int file, Wanted wanted) {
  LimitReader();
  Entries entries;
  Reader(wanted, &entries).Read(file);
  const std::vector<uint8_t> report = ToReport(entries);
  for (size_t sent = 0; sent < report.size();) {
    const ssize_t written = write(STDOUT_FILENO, report.data() + sent, report.size() - sent);
    if (written <= 0) return 1;
    sent += static_cast<size_t>(written);
  }
  return 0;
}

absl::StatusOr<Entries> ReadOpenArchive(int file, Wanted wanted) {
  absl::StatusOr<Child> child = Child::Start([&] { return ReadAndReport(file, wanted); });
  if (!child.ok()) return child.status();
  std::string report;
  const absl::Time deadline = absl::Now() + absl::Seconds(10 * kReaderCpuSeconds);
  while (child->Wait(absl::Milliseconds(200), false, &report) != Child::Event::kEnd) {
    if (InterruptSignal() != 0) return absl::CancelledError("was interrupted");
    if (absl::Now() > deadline || report.size() > kMostReport) break;
  }
  Entries entries;
  const bool too_much = report.size() > kMostReport;
  const std::string end = child->Reap();
  if (end.empty() && !too_much) return FromReport(report);
  Break("damaged", absl::StrCat("the reader of its archive ", too_much ? "said too much" : end),
        &entries);
  return entries;
}

}  // namespace

absl::StatusOr<Entries> ReadArchive(const std::string& path, Wanted wanted) {
  Entries entries;
  const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat found = {};
  if (file < 0 || fstat(file, &found) != 0) {
    Break("unreadable", absl::StrCat("it cannot be opened: ", std::strerror(errno)), &entries);
  } else if (!S_ISREG(found.st_mode)) {
    Break("no-archive", "it is neither a file nor a folder", &entries);
  } else if (found.st_size == 0) {
    Break("empty", "its file is empty", &entries);
  } else if (found.st_size > kLargestArchive) {
    Break("too-large", absl::StrCat("its file has more than ", kLargestArchive >> 20, " MiB"),
          &entries);
  } else {
    absl::StatusOr<Entries> read = ReadOpenArchive(file, wanted);
    close(file);
    return read;
  }
  if (file >= 0) close(file);
  return entries;
}

}  // namespace grading
