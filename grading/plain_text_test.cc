// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/plain_text.h"

#include <gtest/gtest.h>

namespace grading {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";  // U+FFFD

TEST(PlainTextTest, GoodTextStays) {
  const std::string text = "one\ttwo\nthr\xC3\xA9\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80";
  EXPECT_EQ(PlainText(text), text);
}

TEST(PlainTextTest, BadBytesAreReplaced) {
  EXPECT_EQ(PlainText("a\x1b[31mb"), std::string("a") + kBad + "[31mb");
  EXPECT_EQ(PlainText(std::string("a\0b", 3)), std::string("a") + kBad + "b");
  EXPECT_EQ(PlainText("a\xff"), std::string("a") + kBad);
  EXPECT_EQ(PlainText("a\xC3"), std::string("a") + kBad) << "cut short";
  EXPECT_EQ(PlainText("\xC0\x80"), std::string(kBad) + kBad) << "overlong";
  EXPECT_EQ(PlainText("\xED\xA0\x80"), std::string(kBad) + kBad + kBad) << "a surrogate";
  EXPECT_EQ(PlainText("\xEF\xBF\xBF"), kBad) << "U+FFFF is not for XML";
  EXPECT_EQ(PlainText("\xC2\x9B"
                      "1m"),
            std::string(kBad) + "1m")
      << "an 8-bit escape";
}

TEST(PlainTextTest, NoCharacterTurnsTheDirection) {
  for (const char* turn : {"\u202A", "\u202E", "\u2066", "\u2069"}) {
    EXPECT_EQ(PlainText(turn), kBad);
  }
  EXPECT_EQ(PlainText("\u2029\u202F\u2065\u206A"), "\u2029\u202F\u2065\u206A");
}

TEST(PlainTextTest, Utf8) {
  EXPECT_TRUE(IsUtf8(std::string("\x1b\0 \u20AC \U0001F600", 11)));
  EXPECT_FALSE(IsUtf8("a\xff"));
  EXPECT_FALSE(IsUtf8("\xC3"));
}

TEST(PlainTextTest, ACutLeavesWholeCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "abc\n[1 byte more]");
  EXPECT_EQ(CutText("ab\u20ACcd", 4), "ab\n[5 bytes more]");
  EXPECT_EQ(CutText(std::string(2000, '\x80'), 10), "\n[2,000 bytes more]");
}

TEST(PlainTextTest, XmlHasNoMarkupLeft) {
  EXPECT_EQ(XmlEscape("<a b=\"c\">&]]>"), "&lt;a b=&quot;c&quot;&gt;&amp;]]&gt;");
  EXPECT_EQ(XmlEscape("a\nb"), "a&#10;b");
}

TEST(PlainTextTest, Numbers) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1000), "1,000");
  EXPECT_EQ(WithCommas(1234567), "1,234,567");
  EXPECT_EQ(WithCommas(-1234), "-1,234");
  EXPECT_EQ(WithCommas(-123), "-123");
  EXPECT_EQ(Plural(1, "seed"), "1 seed");
  EXPECT_EQ(Plural(2000, "seed"), "2,000 seeds");
}

}  // namespace
}  // namespace grading
