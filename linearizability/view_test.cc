// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which operations a view draws, where, and that texts stay texts. grading/linearize_test.sh looks
// at pages in a browser.

#include "linearizability/view.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "linearizability/check.h"
#include "linearizability/kv_check.h"
#include "linearizability/simple_models.h"
#include "linearizability/view_layout.h"

namespace linearizability {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<size_t> Drawn(const Layout& layout) {
  std::vector<size_t> drawn;
  for (const Bar& bar : layout.operations) drawn.push_back(bar.index);
  return drawn;
}

TEST(View, BarsLieAsInTime) {
  View view;
  view.operations = {{.client = 7, .call_ns = 5, .return_ns = 9, .place = 1},
                     {.client = 3, .call_ns = 0, .return_ns = 5, .place = 0},
                     {.client = 7, .call_ns = 9, .return_ns = {}, .place = 2},
                     {.client = 7, .call_ns = 20, .return_ns = 21}};
  const Layout layout = LayOut(view);
  // 3 is called, does, 7 is called, does, 3 returns: all in one moment at 5, calls first.
  EXPECT_THAT(layout.times, ElementsAre(0, 0, 5, 5, 5, 9, 9, 9, 20, 21));
  EXPECT_THAT(Drawn(layout), ElementsAre(1, 0, 2, 3));
  const Bar& first = layout.operations[0];
  const Bar& second = layout.operations[1];
  EXPECT_LT(first.point, second.point);
  EXPECT_LT(second.begin, first.end);
  EXPECT_GT(*second.point, second.begin);
  EXPECT_LT(*second.point, second.end);
  // The open one goes to the end, so what its client does afterwards has a row of its own; so has
  // what was called as another returned.
  EXPECT_EQ(layout.operations[2].end, layout.times.size());
  ASSERT_EQ(layout.lanes.size(), 2u);
  EXPECT_EQ(layout.lanes[0].client, 3);
  EXPECT_EQ(layout.lanes[1].first_row, 1u);
  EXPECT_EQ(layout.lanes[1].rows, 2u);
  EXPECT_EQ(layout.operations[2].row, 2u);
  EXPECT_EQ(layout.operations[3].row, 1u);
}

TEST(View, OfManyOperationsThoseAroundTheWitnessAreDrawn) {
  View view{.most_drawn = 10};
  for (int64_t i = 0; i < 1000; ++i) {
    view.operations.push_back({.client = i % 3, .call_ns = 10 * i, .return_ns = 10 * i + 5});
  }
  view.operations[40].is_witness = view.operations[700].is_witness = true;
  EXPECT_THAT(Drawn(LayOut(view)), ElementsAre(40, 696, 697, 698, 699, 700, 701, 702, 703, 704));
  EXPECT_THAT(DrawHtml(view), HasSubstr("Drawn are 10 of 1000 operations: the witness"));
  view.culprit = 500;
  EXPECT_THAT(Drawn(LayOut(view)), ElementsAre(40, 496, 497, 498, 499, 500, 501, 502, 503, 700));
  view.culprit.reset();
  view.operations[40].is_witness = view.operations[700].is_witness = false;
  EXPECT_THAT(Drawn(LayOut(view)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(DrawHtml(view), HasSubstr("Drawn are 10 of 1000 operations: the first"));
}

TEST(View, BandsAreDrawnWhereOperationsAre) {
  View view;
  view.operations = {{.call_ns = 100, .return_ns = 200}};
  view.bands = {{"partition", 0, 150}, {"crash", 120, {}}, {"too late", 300, 400}};
  const Layout layout = LayOut(view);
  ASSERT_EQ(layout.bands.size(), 2u);
  EXPECT_EQ(layout.bands[0].row, 0u);
  EXPECT_EQ(layout.bands[1].row, 1u);
  EXPECT_EQ(layout.bands[1].end, layout.times.size());
  EXPECT_THAT(DrawHtml(view), HasSubstr("<title>crash\n120 ns to the end</title>"));
  EXPECT_THAT(DrawHtml(view), Not(HasSubstr("too late")));
}

TEST(View, HostileTextsStayTexts) {
  const std::string hostile = "</title><script>alert(1)</script>\"'&\x1b[31m\xe2\x80\xae";
  View view{.title = hostile, .text = hostile};
  view.operations = {{.label = hostile, .details = hostile, .call_ns = 1, .is_witness = true}};
  view.bands = {{hostile, 0, {}}};
  const std::string html = DrawHtml(view);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xe2")));
  EXPECT_THAT(html, HasSubstr("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;\\x1b[31m"));
  view.operations[0].label = std::string(1'000'000, '<');
  EXPECT_LT(DrawHtml(view).size(), 200'000u);
}

TEST(View, Times) {
  EXPECT_EQ(TimeText(420), "420 ns");
  EXPECT_EQ(TimeText(-7), "-7 ns");
  EXPECT_EQ(TimeText(1'000'000), "0.001000000 s");
  EXPECT_EQ(TimeText(12'000'000'420), "12.000000420 s");
  EXPECT_EQ(TimeText(-500'000'000), "-0.500000000 s");
  EXPECT_EQ(TimeText(-1'500'000'000), "-1.500000000 s");
}

TEST(View, ComesFromAReport) {
  KvHistory history = {{1, {KvInput::Kind::kAppend, "x", "c;"}, {}, 0, 1},
                       {1, {KvInput::Kind::kPut, "y", "d;"}, {}, 2, 3},
                       {3, {.key = "x"}, {""}, 4, 5},
                       {3, {.key = "x"}, {""}, 6, 7}};
  const View illegal = ViewOf(KvModel(), history, CheckKv(history, {.wants_order = true}));
  ASSERT_EQ(illegal.operations.size(), 3u);  // not those of y
  EXPECT_TRUE(illegal.operations[0].is_witness);
  EXPECT_EQ(illegal.operations[0].place, 0u);
  EXPECT_EQ(illegal.operations[1].label, "Get(\"x\") returned \"\"");
  EXPECT_EQ(illegal.culprit, 1u);
  EXPECT_THAT(DrawHtml(illegal), HasSubstr("id=\"break\""));
  history[2].output.value = history[3].output.value = "c;";
  const View legal = ViewOf(KvModel(), history, CheckKv(history, {.wants_order = true}));
  ASSERT_EQ(legal.operations.size(), 4u);
  EXPECT_EQ(legal.operations[3].place, 3u);
  EXPECT_THAT(DrawHtml(legal), Not(HasSubstr("id=\"break\"")));
  const History<CounterModel> counter = {{1, {CounterInput::Kind::kAdd, 2}, {}, 0, 3},
                                         {2, {CounterInput::Kind::kRead}, {2}, 1, 2}};
  const View searched =
      ViewOf(CounterModel(), counter, Check(CounterModel(), counter, {.wants_order = true}));
  EXPECT_EQ(searched.operations[1].place, 1u);
}

}  // namespace
}  // namespace linearizability
