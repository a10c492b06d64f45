// Part of Raftlab, under the MIT License (see LICENSE).
//
// Folders and git repositories, honest and hostile.

#include "grading/intake.h"

#include <sys/stat.h>

#include "grading/crypto.h"
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
using ::testing::StartsWith;

class FolderIntake : public IntakeFixture {};

TEST_F(FolderIntake, TakesOnlyWhatMayBeEdited) {
  Write("a/raft/raft.h", "header");
  Write("a/raft/raft.cc", "source");
  Write("a/raft/server.cc", "mine");
  Write("a/CMakeLists.txt", "execute_process(x)");
  const Submission taken = Take("a");
  EXPECT_TRUE(taken.complete);
  EXPECT_THAT(Paths(taken), ElementsAre("raft/raft.cc", "raft/raft.h"));
  EXPECT_THAT(contents_, ElementsAre("source", "header"));
  EXPECT_EQ(taken.files[0].bytes, 6);
  EXPECT_EQ(taken.files[0].sha256, Sha256Hex("source"));
  EXPECT_EQ(taken.digest, Sha256Hex(absl::StrCat(Sha256Hex("source"), "  raft/raft.cc\n",
                                                 Sha256Hex("header"), "  raft/raft.h\n")));
  EXPECT_THAT(Lines(taken),
              ElementsAre("note missing-file: raft/messages.h is missing; the given one is used.",
                          "note left-out: 2 files were left out, because they are not to be "
                          "edited: CMakeLists.txt, raft/server.cc."));
}

TEST_F(FolderIntake, UnderstandsWhereTheFilesLie) {
  Write("deep/x/lab2/raft/raft.cc", "1");
  Write("deep/x/lab2/raft/raft.h", "2");
  Write("deep/x/lab2/old/backup/raft/raft.h", "3");
  EXPECT_TRUE(Take("deep").complete);
  EXPECT_THAT(contents_, ElementsAre("1", "2"));
  Write("flat/raft.cc", "4");
  Write("flat/raft.h", "5");
  const Submission flat = Take("flat");
  EXPECT_TRUE(flat.complete);
  EXPECT_THAT(contents_, ElementsAre("4", "5"));
  EXPECT_THAT(Lines(flat), Contains(StartsWith("note flat: The files lie without the tree's")));
  Write("two/a/raft/raft.cc", "6");
  Write("two/b/raft/raft.cc", "7");
  const Submission two = Take("two");
  EXPECT_THAT(Lines(two), ElementsAre("error ambiguous: There is more than one set of files, in a/ "
                                      "and b/; none was taken."));
  EXPECT_FALSE(two.complete);
  EXPECT_EQ(two.digest, "");
}

TEST_F(FolderIntake, NamesWhatIsNearAMissingFile) {
  Write("a/raft/Raft.h", "x");
  Write("a/raft/raft.cpp", "x");
  Write("a/raft/raft (1).cc", "x");
  Write("a/raft/message.h", "x");
  const Submission taken = Take("a");
  EXPECT_FALSE(taken.complete);
  EXPECT_THAT(
      Lines(taken),
      AllOf(Contains("error missing-file: raft/raft.h is missing; there is raft/Raft.h."),
            Contains("error missing-file: raft/raft.cc is missing; there is raft/raft (1).cc and "
                     "raft/raft.cpp."),
            Contains("note missing-file: raft/messages.h is missing; there is raft/message.h; the "
                     "given one is used.")));
  Write("b/raft/raft.cc.txt", "x");
  EXPECT_THAT(Lines(Take("b")), Contains("error missing-file: raft/raft.cc is missing; there is "
                                         "raft/raft.cc.txt."));
}

TEST_F(FolderIntake, FollowsNoLink) {
  fs::create_directories(folder_ / "a/raft");
  fs::create_symlink("/etc/passwd", folder_ / "a/raft/raft.cc");
  fs::create_symlink("/etc", folder_ / "a/etc");
  Write("a/raft/raft.h", "x");
  const Submission taken = Take("a");
  EXPECT_THAT(Paths(taken), ElementsAre("raft/raft.h"));
  EXPECT_THAT(Lines(taken),
              AllOf(Contains("warning symlink: 2 files are symbolic links and were not followed: "
                             "etc -> /etc, raft/raft.cc -> /etc/passwd."),
                    Contains("error missing-file: raft/raft.cc is missing.")));
  Write("real/raft/raft.cc", "x");
  fs::create_directories(folder_ / "b");
  fs::create_symlink("../real/raft", folder_ / "b/raft");
  EXPECT_THAT(Paths(Take("b")), IsEmpty());
  fs::create_symlink("real", folder_ / "c");
  EXPECT_THAT(Lines(Take("c")), ElementsAre(HasSubstr("symbolic link and was not followed")));
}

TEST_F(FolderIntake, WaitsForNoFifoAndReadsNothingHuge) {
  fs::create_directories(folder_ / "a/raft");
  ASSERT_EQ(mkfifo((folder_ / "a/raft/raft.cc").c_str(), 0644), 0);
  Write("a/raft/raft.h", "x");
  fs::resize_file(folder_ / "a/raft/raft.h", 100 << 20);  // sparse
  Write("a/raft/messages.h", std::string("a\0b", 3));
  const Submission taken = Take("a");
  EXPECT_THAT(Paths(taken), ElementsAre("raft/messages.h"));
  EXPECT_THAT(
      Lines(taken),
      AllOf(Contains("warning no-file: raft/raft.cc is no regular file and was left out."),
            Contains("error too-large: raft/raft.h has more than 1024 KiB and was not taken."),
            Contains("warning no-text: raft/messages.h is not plain text: save it as UTF-8.")));
  EXPECT_THAT(Lines(Take("a/raft/raft.cc")), ElementsAre(HasSubstr("neither a file nor a folder")));
}

TEST_F(FolderIntake, HostileNamesAreShownSafely) {
  Write("a/raft/raft\x1b[2J\xff.cc", "x");
  for (const std::string& line : Lines(Take("a"))) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff"))));
  }
}

TEST_F(FolderIntake, EndlesslyDeepFoldersEnd) {
  fs::path path = "a";
  for (int i = 0; i < 100; ++i) path /= "d";
  Write(path / "raft.cc", "x");
  EXPECT_THAT(Lines(Take("a")), ElementsAre(HasSubstr("its folders are more than 32 deep")));
}

class GitIntake : public IntakeFixture {
 protected:
  GitIntake() {
    Bash(
        "mkdir alice && cd alice && git init -q -b main && git config user.email a && "
        "git config user.name a && mkdir raft && echo header > raft/raft.h && "
        "echo source > raft/raft.cc && git add . && git commit -qm one");
  }
};

TEST_F(GitIntake, TakesTheLastCommit) {
  const Submission taken = Take("alice");
  EXPECT_THAT(Lines(taken), ElementsAre(HasSubstr("raft/messages.h is missing")));
  EXPECT_THAT(contents_, ElementsAre("source\n", "header\n"));
  Bash("echo edited > alice/raft/raft.cc");
  EXPECT_THAT(Lines(Take("alice")), Contains("warning uncommitted: raft/raft.cc was changed after "
                                             "the last commit; the committed one was taken."));
  EXPECT_THAT(contents_, ElementsAre("source\n", "header\n"));
}

TEST_F(GitIntake, ReadsBareRepositoriesAndBundles) {
  Bash(
      "git clone -q --bare alice bare.git && cd alice && git gc -q && "
      "git bundle create -q ../a.bundle main && git bundle create -q ../b.bundle HEAD main");
  const std::string digest = Take("alice").digest;
  EXPECT_EQ(digest.size(), 64u);
  for (const char* path : {"bare.git", "a.bundle", "b.bundle"}) {
    const Submission taken = Take(path);
    EXPECT_TRUE(taken.complete) << path << testing::PrintToString(Lines(taken));
    EXPECT_EQ(taken.digest, digest);
  }
  Bash(
      "head -c 300 a.bundle > broken.bundle; echo x > text.bundle; "
      "cd alice && git branch -m other && git branch more && git bundle create -q ../c.bundle "
      "other more");
  EXPECT_THAT(Lines(Take("broken.bundle")), ElementsAre(HasSubstr("git cannot unpack its bundle")));
  EXPECT_THAT(Lines(Take("text.bundle")), ElementsAre(HasSubstr("git cannot read its bundle")));
  EXPECT_THAT(Lines(Take("c.bundle")), ElementsAre(HasSubstr("several branches")));
}

// What a machine without bubblewrap has.
TEST_F(GitIntake, WorksWithoutASandbox) {
  sandbox_ = Sandbox(Sandbox::Kind::kNone);
  Bash("cd alice && git bundle create -q ../a.bundle main");
  EXPECT_TRUE(Take("alice").complete);
  EXPECT_TRUE(Take("a.bundle").complete);
}

TEST_F(GitIntake, RunsNothingOfTheRepository) {
  const std::string pwned = (folder_ / "pwned").string();
  Bash(
      absl::StrCat("cd alice && for key in core.fsmonitor core.sshCommand core.pager core.editor "
                   "filter.x.smudge filter.x.clean filter.x.process uploadpack.packObjectsHook "
                   "diff.external core.alternateRefsCommand; do git config $key \"touch ",
                   pwned,
                   "; cat\"; done; "
                   "echo \"* filter=x\" > .gitattributes; mkdir -p .git/info; cp .gitattributes "
                   ".git/info/attributes; "
                   "for hook in post-checkout reference-transaction post-index-change; do "
                   "printf \"#!/bin/sh\\ntouch ",
                   pwned, "\\n\" > .git/hooks/$hook; chmod +x .git/hooks/$hook; done"));
  EXPECT_FALSE(fs::exists(pwned));
  EXPECT_TRUE(Take("alice").complete);
  EXPECT_FALSE(fs::exists(pwned));
  // The trap is a real one.
  Bash("cd alice && git status > ../status 2>&1 || true");
  EXPECT_TRUE(fs::exists(pwned));
}

// The copy alone must hold what it promises.
TEST_F(GitIntake, ReadsNoOtherRepository) {
  sandbox_ = Sandbox(Sandbox::Kind::kNone);
  Bash(
      "mkdir eve && cd eve && git init -q -b main && hash=$(git -C ../alice rev-parse HEAD) && "
      "mkdir -p .git/objects/info && echo $PWD/../alice/.git/objects > "
      ".git/objects/info/alternates && "
      "echo $hash > .git/HEAD && git cat-file -e $hash:raft/raft.cc");
  EXPECT_THAT(Paths(Take("eve")), IsEmpty());
  Bash(
      "mkdir -p common/.git && echo ../../alice/.git > common/.git/commondir && "
      "cp alice/.git/HEAD common/.git && git -C common cat-file -e HEAD:raft/raft.cc");
  EXPECT_THAT(Paths(Take("common")), IsEmpty());
  Bash(
      "mkdir links && cp -r alice/.git links && rm -r links/.git/objects && "
      "ln -s ../../alice/.git/objects links/.git/objects && git -C links cat-file -e "
      "HEAD:raft/raft.cc");
  EXPECT_THAT(Paths(Take("links")), IsEmpty());
  Bash("mkdir file && echo gitdir: ../alice/.git > file/.git && git -C file cat-file -e HEAD");
  EXPECT_THAT(Lines(Take("file")), Contains(HasSubstr("Its .git is not a folder")));
  EXPECT_THAT(contents_, IsEmpty());
}

TEST_F(GitIntake, FollowsNoLinkInTheTree) {
  Bash(
      "cd alice && git rm -q --cached raft/raft.cc && rm raft/raft.cc && "
      "ln -s /etc/passwd raft/raft.cc && git add . && git commit -qm link");
  const Submission taken = Take("alice");
  EXPECT_THAT(Paths(taken), ElementsAre("raft/raft.h"));
  EXPECT_THAT(Lines(taken), Contains("warning symlink: raft/raft.cc is a symbolic link and was not "
                                     "followed."));
}

TEST_F(GitIntake, WithoutACommitTheFolderCounts) {
  Bash(
      "mkdir new && cd new && git init -q && mkdir raft && echo x > raft/raft.cc && "
      "echo x > raft/raft.h");
  const Submission taken = Take("new");
  EXPECT_TRUE(taken.complete);
  EXPECT_THAT(Lines(taken), Contains(HasSubstr("holds none of the files in its last commit")));
}

}  // namespace
}  // namespace grading
