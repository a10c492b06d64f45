// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/channel.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uint64_t kSeeds = 20;

// Runs `program` on one node for a second, over several schedules, and returns the last one's
// figures; all must pass.
std::map<std::string, int64_t> FiguresOf(std::function<void(Channel<int>*)> program,
                                         size_t capacity = 0) {
  RunResult result;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    result = RunScenario({
        .options = {.seed = seed},
        .program = [&](const BootImage&) { program(new Channel<int>(capacity)); },
    });
    EXPECT_EQ(VerdictName(result.verdict), "pass") << "seed " << seed << ": " << result.message;
    if (result.verdict != Verdict::kPass) break;
  }
  return result.stats;
}

void Want(bool condition, const std::string& sentence) {
  if (!condition) Fail(Verdict::kSafety, sentence);
}

TEST(Channel, ValuesArriveInOrder) {
  for (const size_t capacity : {0, 1, 3, 100}) {
    const auto figures = FiguresOf(
        [](Channel<int>* channel) {
          Go("producer", [channel] {
            for (int i = 0; i < 50; ++i) channel->Send(i);
            channel->Close();
          });
          int next = 0;
          while (std::optional<int> value = channel->Receive()) {
            Want(*value == next, absl::StrCat("got ", *value, ", wanted ", next));
            ++next;
          }
          Report("received", next);
        },
        capacity);
    EXPECT_EQ(figures.at("received"), 50) << "capacity " << capacity;
  }
}

TEST(Channel, EveryValueIsReceivedOnceByOne) {
  const auto figures = FiguresOf([](Channel<int>* channel) {
    for (int producer = 0; producer < 4; ++producer) {
      Go("producer", [channel] {
        for (int i = 1; i <= 25; ++i) channel->Send(i);
      });
    }
    for (int consumer = 0; consumer < 3; ++consumer) {
      Go("consumer", [channel] {
        while (std::optional<int> value = channel->Receive()) {
          World::Current().stats()["sum"] += *value;
          Count("received");
        }
      });
    }
  });
  EXPECT_EQ(figures.at("received"), 100);
  EXPECT_EQ(figures.at("sum"), 4 * 25 * 26 / 2);
}

TEST(Channel, UnbufferedSendWaitsForItsReceiver) {
  FiguresOf([](Channel<int>* channel) {
    auto* sent = new bool(false);
    Go("producer", [=] {
      channel->Send(1);
      *sent = true;
    });
    sim::SleepFor(absl::Milliseconds(50));
    Want(!*sent, "Send returned though nobody has received");
    Want(channel->Receive() == 1, "the value is not what was sent");
    sim::SleepFor(absl::Milliseconds(1));
    Want(*sent, "Send waits though its value was received");
  });
}

TEST(Channel, BufferedSendWaitsOnlyWhenFull) {
  FiguresOf(
      [](Channel<int>* channel) {
        auto* sent = new int(0);
        Go("producer", [=] {
          for (int i = 0; i < 5; ++i) {
            channel->Send(i);
            ++*sent;
          }
        });
        sim::SleepFor(absl::Milliseconds(50));
        Want(*sent == 2, absl::StrCat("a channel for two took ", *sent));
        Want(channel->Receive() == 0, "the first value is not 0");
        sim::SleepFor(absl::Milliseconds(1));
        Want(*sent == 3, absl::StrCat("one was received, and sends went from 2 to ", *sent));
      },
      2);
}

TEST(Channel, ReceiversGetWhatIsLeftAfterClose) {
  FiguresOf(
      [](Channel<int>* channel) {
        channel->Send(1);
        channel->Send(2);
        channel->Close();
        channel->Close();  // again does nothing
        Want(!channel->Send(3), "a closed channel took a value");
        Want(channel->Receive() == 1 && channel->Receive() == 2, "values were lost by Close");
        Want(channel->Receive() == std::nullopt, "a closed channel had one value too many");
        Want(channel->ReceiveFor(absl::Seconds(1)) == std::nullopt, "the same with ReceiveFor");
        Want(channel->TryReceive() == std::nullopt, "the same with TryReceive");
      },
      10);
}

TEST(Channel, CloseEndsEveryWait) {
  const auto figures = FiguresOf([](Channel<int>* channel) {
    for (int i = 0; i < 3; ++i) {
      Go("receiver", [channel] {
        if (!channel->Receive().has_value()) Count("receivers woken");
      });
    }
    auto* full = new Channel<int>;
    for (int i = 0; i < 3; ++i) {
      Go("sender", [full] {
        full->Send(1);
        Count("senders woken");
      });
    }
    sim::SleepFor(absl::Milliseconds(10));
    channel->Close();
    full->Close();
  });
  EXPECT_EQ(figures.at("receivers woken"), 3);
  EXPECT_EQ(figures.at("senders woken"), 3);
}

TEST(Channel, ReceiveForGivesUpInTime) {
  FiguresOf([](Channel<int>* channel) {
    const absl::Time before = sim::Now();
    Want(channel->ReceiveFor(absl::Milliseconds(30)) == std::nullopt, "a value came from nowhere");
    const absl::Duration waited = sim::Now() - before;
    Want(waited >= absl::Milliseconds(30) && waited < absl::Milliseconds(40),
         "waited for another time");
    Go("producer", [channel] {
      sim::SleepFor(absl::Milliseconds(10));
      channel->Send(7);
    });
    Want(channel->ReceiveFor(absl::InfiniteDuration()) == 7, "infinite patience got nothing");
  });
}

TEST(Channel, TryReceiveNeverWaits) {
  FiguresOf([](Channel<int>* channel) {
    const absl::Time before = sim::Now();
    Want(channel->TryReceive() == std::nullopt, "a value came from nowhere");
    Want(sim::Now() == before, "time has passed");
    Go("producer", [channel] { channel->Send(7); });
    sim::SleepFor(absl::Milliseconds(10));
    Want(channel->size() == 1, "the value that waits is not counted");
    Want(channel->TryReceive() == 7, "the value that waits was not received");
  });
}

TEST(Channel, CarriesWhatCannotBeCopied) {
  const RunResult result = RunScenario({.program = [](const BootImage&) {
    Channel<std::unique_ptr<int>> channel(1);
    channel.Send(std::make_unique<int>(5));
    Report("value", **channel.Receive());
  }});
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("value"), 5);
}

// A sender whose value only a later request's handler will take is slow, but not stuck.
TEST(Channel, AWaitThatARequestEndsIsNoDeadlock) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            auto* channel = new Channel<int>;
            Machine::Current()->set_input_handler([channel](Input) {
              Go("handler", [channel] { Report("received", *channel->Receive()); });
            });
            Go("producer", [channel] {
              channel->Send(7);
              Report("sent", 1);
            });
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(100));
            world.Deliver(0, {});
            sim::SleepFor(absl::Milliseconds(100));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("received"), 7);
  EXPECT_EQ(result.stats.at("sent"), 1);
}

TEST(Channel, DestroyedWhileSomebodyWaitsIsNamed) {
  const RunResult result = RunScenario({.program = [](const BootImage&) {
    Channel<int> channel;
    Go("receiver", [&channel] { channel.Receive(); });
    sim::SleepFor(absl::Milliseconds(10));
  }});
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("destroyed while \"receiver\""),
                                    HasSubstr("waits for a value from a channel"),
                                    HasSubstr("sim/channel_test.cc:")));
}

}  // namespace
}  // namespace sim
