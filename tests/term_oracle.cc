// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/term_oracle.h"

#include "absl/strings/str_format.h"
#include "sim/failure.h"

namespace tests {

using sim::Fail;
using sim::NodeId;
using sim::Verdict;

TermOracle::Server& TermOracle::Of(NodeId node) {
  Server& server = servers_[static_cast<size_t>(node)];
  const int life = world_.incarnation(first_node_ + node);
  if (server.life == life) return server;
  Server next;
  next.life = life;
  next.newest_before = server.newest_before;
  next.newest_before_at = server.newest_before_at;
  if (server.newest > server.newest_before) {
    next.newest_before = server.newest;
    next.newest_before_at = server.newest_at;
  }
  // The first life began with an empty disk, in term 0. What a later one found is not known.
  next.was_older = life <= 1;
  return server = next;
}

void TermOracle::Note(Server& server, int64_t term, Moment now) {
  if (term <= server.newest) return;
  server.newest = term;
  server.newest_at = now;
  if (!server.was_there) return;
  if (!server.was_older || server.there.event > server.older.event) server.older = server.there;
  server.was_older = true;
  server.was_there = false;
}

void TermOracle::Spoke(NodeId node, int64_t term, const char* what, Moment now) {
  CheckSurvives(node, term, what, now);
  Note(Of(node), term, now);
  CheckSaved(node, term, what, now);
}

void TermOracle::Answered(const Answer& answer, Moment now) {
  if (answer.answered < answer.asked && !answer.may_disregard) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d answered %s of term %d with term %d at %.3f s, though it had come from n%d at "
             "%.3f s; a server that sees a newer term adopts it first (Figure 2, Rules for All "
             "Servers, rule 2), and every reply carries the server's current term",
             answer.node, answer.method, answer.asked, answer.answered, Seconds(now), answer.asker,
             Seconds(answer.arrived)));
  }
  Server& server = Of(answer.node);
  if (answer.answered < answer.spoken_before) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d spoke in term %d at %.3f s, and now, at %.3f s, it answers a later %s in term "
             "%d; currentTerm only grows (Figure 2: latest term server has seen, increases "
             "monotonically)",
             answer.node, server.newest, Seconds(server.newest_at), Seconds(now), answer.method,
             answer.answered));
  }
  CheckSurvives(answer.node, answer.answered, "answered", now);
  Note(server, answer.answered, now);
  // It was made after the request had arrived, so the server was in that term, or an older one,
  // when the request arrived.
  if (answer.answered < server.newest) {
    if (!server.was_older || answer.arrived.event > server.older.event) {
      server.older = answer.arrived;
    }
    server.was_older = true;
  } else {
    CheckSaved(answer.node, answer.answered, "answered", now);
    if (!server.was_there || answer.arrived.event > server.there.event) {
      server.there = answer.arrived;
    }
    server.was_there = true;
  }
}

void TermOracle::CheckSaved(NodeId node, int64_t term, const char* what, Moment now) {
  const Server& server = Of(node);
  if (term < server.newest || term < 1 || !server.was_older) return;
  if (!saves_.NothingSince(node, server.older.event)) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d %s in term %d at %.3f s, but was still in an older term at %.3f s and has saved "
           "nothing since: after a crash now it would be in the old term again. currentTerm is "
           "persistent state, saved before any message of the new term leaves (Figure 2; section "
           "5.1)",
           node, what, term, Seconds(now), Seconds(server.older)));
}

void TermOracle::CheckSurvives(NodeId node, int64_t term, const char* what, Moment now) {
  const Server& server = Of(node);
  if (term >= server.newest_before) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d %s in term %d at %.3f s, after its restart, but had spoken in term %d at %.3f s: "
           "currentTerm is persistent state, saved before any message of the new term leaves "
           "(Figure 2)",
           node, what, term, Seconds(now), server.newest_before, Seconds(server.newest_before_at)));
}

}  // namespace tests
