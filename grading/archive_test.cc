// Part of Raftlab, under the MIT License (see LICENSE).
//
// Archives, honest and hostile, made by libarchive here.

#include <archive.h>
#include <archive_entry.h>

#include "grading/entries.h"
#include "grading/intake_fixture.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

enum class Format { kTar, kTarGz, kTarXz, kTarZst, kZip };

// Writes an archive, entry by entry.
class Maker {
 public:
  Maker(const fs::path& path, Format format, const char* password = nullptr) {
    if (format == Format::kZip) {
      archive_write_set_format_zip(archive_);
      archive_write_set_options(archive_, "zip:compression-level=1");
    } else {
      archive_write_set_format_pax_restricted(archive_);
    }
    if (format == Format::kTarGz) archive_write_add_filter_gzip(archive_);
    if (format == Format::kTarXz) archive_write_add_filter_xz(archive_);
    if (format == Format::kTarZst) archive_write_add_filter_zstd(archive_);
    if (password != nullptr) {
      archive_write_set_options(archive_, "zip:encryption=traditional");
      archive_write_set_passphrase(archive_, password);
    }
    EXPECT_EQ(archive_write_open_filename(archive_, path.c_str()), ARCHIVE_OK);
  }
  ~Maker() { archive_write_free(archive_); }

  void File(const std::string& path, const std::string& text, int64_t zeros = 0) {
    archive_entry* entry = New(path, AE_IFREG);
    archive_entry_set_size(entry, static_cast<int64_t>(text.size()) + zeros);
    Add(entry);
    archive_write_data(archive_, text.data(), text.size());
    const std::string block(1 << 20, '\0');
    for (int64_t left = zeros; left > 0; left -= static_cast<int64_t>(block.size())) {
      archive_write_data(archive_, block.data(), std::min<size_t>(left, block.size()));
    }
  }
  void Symlink(const std::string& path, const std::string& target) {
    archive_entry* entry = New(path, AE_IFLNK);
    archive_entry_set_symlink(entry, target.c_str());
    Add(entry);
  }
  void HardLink(const std::string& path, const std::string& target) {
    archive_entry* entry = New(path, AE_IFREG);
    archive_entry_set_hardlink(entry, target.c_str());
    Add(entry);
  }
  void Special(const std::string& path, unsigned type) { Add(New(path, type)); }

 private:
  static archive_entry* New(const std::string& path, unsigned type) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    return entry;
  }
  void Add(archive_entry* entry) {
    EXPECT_GE(archive_write_header(archive_, entry), ARCHIVE_WARN)
        << archive_error_string(archive_);
    archive_entry_free(entry);
  }

  archive* archive_ = archive_write_new();
};

class ArchiveIntake : public IntakeFixture {
 protected:
  void Honest(const std::string& name, Format format, const char* password = nullptr) {
    Maker maker(folder_ / name, format, password);
    maker.Special("alice-lab2/", AE_IFDIR);
    maker.File("alice-lab2/raft/raft.cc", "source");
    maker.File("alice-lab2/raft/raft.h", "header");
    maker.File("alice-lab2/raft/messages.h", "messages");
    maker.File("__MACOSX/alice-lab2/raft/._raft.cc", "junk");
  }
};

TEST_F(ArchiveIntake, ReadsAllFormatsWhateverTheirNames) {
  Honest("a.tar", Format::kTar);
  Honest("a.tgz", Format::kTarGz);
  Honest("a.tar.xz", Format::kTarXz);
  Honest("a.tar.zst", Format::kTarZst);
  Honest("a.zip", Format::kZip);
  Honest("b.tar.gz", Format::kZip);
  Honest("b.zip", Format::kTar);
  Honest("homework", Format::kTarGz);
  for (const char* name :
       {"a.tar", "a.tgz", "a.tar.xz", "a.tar.zst", "a.zip", "b.tar.gz", "b.zip", "homework"}) {
    const Submission taken = Take(name);
    EXPECT_TRUE(taken.complete) << name;
    EXPECT_THAT(Lines(taken), IsEmpty()) << name;
    EXPECT_THAT(contents_, ElementsAre("messages", "source", "header"));
  }
}

TEST_F(ArchiveIntake, WritesNothingElsewhere) {
  {
    Maker maker(folder_ / "a.tar", Format::kTar);
    maker.File("../../evil", "x");
    maker.File("../raft/raft.cc", "x");
    maker.File("lab/../../raft/raft.cc", "x");
    maker.File("/tmp/raftlab-evil/raft/raft.cc", "x");
    maker.File("C:\\raft\\raft.cc", "x");
    maker.File("lab\\raft\\raft.h", "windows");
  }
  const Submission taken = Take("a.tar");
  EXPECT_THAT(Paths(taken), ElementsAre("raft/raft.h"));
  EXPECT_THAT(Lines(taken), Contains("warning path: 5 files lie outside of the submission and were "
                                     "left out: ../../evil, ../raft/raft.cc, "
                                     "lab/../../raft/raft.cc, ...."));
  EXPECT_FALSE(fs::exists("/tmp/raftlab-evil"));
}

TEST_F(ArchiveIntake, FollowsNoLinkAndMakesNoDevice) {
  {
    Maker maker(folder_ / "a.tar", Format::kTar);
    maker.Symlink("raft/raft.cc", "/etc/passwd");
    maker.HardLink("raft/raft.h", "/etc/passwd");
    maker.Special("raft/messages.h", AE_IFIFO);
    maker.Special("raft/sda", AE_IFBLK);
    maker.Symlink("out", "/tmp");
    maker.File("out/evil", "x");
  }
  const Submission taken = Take("a.tar");
  EXPECT_THAT(Paths(taken), IsEmpty());
  EXPECT_EQ(taken.digest, "");
  EXPECT_THAT(Lines(taken),
              AllOf(Contains("warning symlink: 2 files are symbolic links and were not followed: "
                             "raft/raft.cc -> /etc/passwd, out -> /tmp."),
                    Contains("warning hardlink: raft/raft.h -> /etc/passwd is a hard link and was "
                             "not followed."),
                    Contains("warning no-file: 2 files are no regular files and were left out: "
                             "raft/messages.h, raft/sda.")));
}

TEST_F(ArchiveIntake, DuplicatesAndCaseVariants) {
  {
    Maker maker(folder_ / "a.tar", Format::kTar);
    maker.File("raft/raft.cc", "first");
    maker.File("./raft//raft.cc", "second");
    maker.File("raft/RAFT.CC", "third");
    maker.File("Raft/raft.h", "fourth");
  }
  const Submission taken = Take("a.tar");
  EXPECT_THAT(contents_, ElementsAre("second"));
  EXPECT_THAT(Lines(taken),
              AllOf(Contains("warning duplicate: raft/raft.cc is there 2 times; the last one was "
                             "taken."),
                    Contains("error missing-file: raft/raft.h is missing; there is Raft/raft.h.")));
}

TEST_F(ArchiveIntake, BombsEnd) {
  for (const Format format : {Format::kZip, Format::kTarZst}) {
    {
      Maker maker(folder_ / "bomb", format);
      maker.File("zeros", "", int64_t{300} << 20);
      maker.File("raft/raft.cc", "x");
    }
    EXPECT_LT(fs::file_size(folder_ / "bomb"), 4u << 20);
    EXPECT_THAT(Lines(Take("bomb")), ElementsAre(HasSubstr("unpacks to more than 256 MiB")));
  }
  {
    Maker maker(folder_ / "many", Format::kTarZst);
    for (int i = 0; i <= kMostEntries; ++i) maker.File("raft/raft.cc", "");
  }
  EXPECT_THAT(Lines(Take("many")), ElementsAre(HasSubstr("has more than 50000 entries")));
}

TEST_F(ArchiveIntake, AHugeFileIsNotTaken) {
  {
    Maker maker(folder_ / "a.zip", Format::kZip);
    maker.File("raft/raft.cc", "x", kLargestFile);
    maker.File("raft/raft.h", "", kLargestFile);
  }
  const Submission taken = Take("a.zip");
  EXPECT_THAT(Paths(taken), ElementsAre("raft/raft.h"));
  EXPECT_THAT(Lines(taken), Contains(HasSubstr("raft/raft.cc has more than 1024 KiB")));
}

TEST_F(ArchiveIntake, BrokenOnesAreNotTakenInPart) {
  {
    Maker maker(folder_ / "a.tar.gz", Format::kTarGz);
    maker.File("raft/raft.cc", "x");
    std::string noise;
    for (uint32_t i = 0; i < 200'000; ++i) noise.push_back(static_cast<char>(i * i * 7919 >> 9));
    maker.File("raft/raft.h", noise);
  }
  fs::copy_file(folder_ / "a.tar.gz", folder_ / "cut.tar.gz");
  fs::resize_file(folder_ / "cut.tar.gz", fs::file_size(folder_ / "a.tar.gz") / 2);
  EXPECT_TRUE(Take("a.tar.gz").complete);
  const Submission cut = Take("cut.tar.gz");
  EXPECT_THAT(Paths(cut), IsEmpty());
  EXPECT_THAT(Lines(cut), ElementsAre(HasSubstr("its archive is damaged after 2 files")));
}

TEST_F(ArchiveIntake, OthersAreNoArchives) {
  Write("empty.zip", "");
  EXPECT_THAT(Lines(Take("empty.zip")),
              ElementsAre("error empty: The submission was not taken: its file is empty."));
  { Maker maker(folder_ / "none.tar", Format::kTar); }
  EXPECT_THAT(Lines(Take("none.tar")), ElementsAre(HasSubstr("error empty")));
  { Maker maker(folder_ / "none.zip", Format::kZip); }
  EXPECT_THAT(Lines(Take("none.zip")), ElementsAre(HasSubstr("its archive is empty")));
  Write("text.tar.gz", "Dear grader, I could not finish.\n");
  EXPECT_THAT(Lines(Take("text.tar.gz")),
              ElementsAre(HasSubstr("error no-archive: The submission was not taken: it is no "
                                    "archive that can be read")));
  Honest("secret.zip", Format::kZip, "password");
  EXPECT_THAT(Lines(Take("secret.zip")), ElementsAre(HasSubstr("is protected by a password")));
  EXPECT_THAT(Lines(Take("nobody")), ElementsAre(HasSubstr("it cannot be opened")));
}

TEST_F(ArchiveIntake, NamesInOtherLettersDoNoHarm) {
  for (const Format format : {Format::kTar, Format::kZip}) {
    {
      Maker maker(folder_ / "a", format);
      maker.File(
          "l\xe4"
          "b/raft/raft.cc",
          "x");
      maker.File(
          "l\xe4"
          "b/raft/raft.h",
          "x");
      maker.File(std::string(5000, 'x'), "x");
    }
    const Submission taken = Take("a");
    EXPECT_TRUE(taken.complete) << testing::PrintToString(Lines(taken));
    for (const std::string& line : Lines(taken)) EXPECT_THAT(line, Not(HasSubstr("\xe4")));
  }
}

}  // namespace
}  // namespace grading
