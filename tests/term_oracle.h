// Part of Raftlab, under the MIT License (see LICENSE).
//
// currentTerm, as servers speak of it: it only grows, a newer one is adopted at once, and it is
// saved before anybody hears of it (Figure 2; section 5.1).

#ifndef RAFTLAB_TESTS_TERM_ORACLE_H_
#define RAFTLAB_TESTS_TERM_ORACLE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/world.h"
#include "tests/seen_messages.h"

namespace tests {

// Which servers have saved something, and when last.
class Saves {
 public:
  explicit Saves(int servers) : last_(static_cast<size_t>(servers)) {}

  void Saved(sim::NodeId node, Moment now) {
    last_[static_cast<size_t>(node)] = now;
    any_ = true;
  }
  // The server has saved nothing since that event. False as long as nobody has ever saved: then
  // stage 2C is yet to be written, and there a restart finds it out.
  bool NothingSince(sim::NodeId node, uint64_t event) const {
    return any_ && last_[static_cast<size_t>(node)].event <= event;
  }

 private:
  bool any_ = false;
  std::vector<Moment> last_;
};

class TermOracle {
 public:
  // The servers are on the machines from `first_node` on.
  TermOracle(sim::World& world, const Saves& saves, int servers, int first_node = 0)
      : world_(world),
        saves_(saves),
        first_node_(first_node),
        servers_(static_cast<size_t>(servers)) {}

  // `node` asks for votes, or acts as leader, in this term: `what` says so in the past tense.
  //
  // After a restart no server is in a term older than one that it has spoken in. Within a life
  // this cannot be asked of a request: it may leave long after it was made, and behind messages of
  // newer terms.
  void Spoke(sim::NodeId node, int64_t term, const char* what, Moment now);

  // The newest term that the server has spoken in in this life. A request that arrives now will be
  // answered in that term or a newer one.
  int64_t newest(sim::NodeId node) { return Of(node).newest; }

  struct Answer {
    sim::NodeId node = 0;
    sim::NodeId asker = 0;
    std::string_view method;
    int64_t asked = 0;           // term of the request
    int64_t answered = 0;        // term of the reply
    Moment arrived;              // the request
    int64_t spoken_before = 0;   // newest(node) when the request arrived
    bool may_disregard = false;  // see below
  };
  // A reply was made after its request had arrived, so
  // - it is of no older term than any message that had left before that;
  // - it is of no older term than the request. Unless `may_disregard`: a server that believes in a
  //   current leader may leave a RequestVote unheeded, its term too (section 6).
  void Answered(const Answer& answer, Moment now);

 private:
  struct Server {
    int life = 0;
    int64_t newest = 0;  // term of any message of this life
    Moment newest_at;
    int64_t newest_before = 0;  // of any earlier life
    Moment newest_before_at;
    // Moments at which the server was surely in an older term than `newest`, or in no newer one:
    // the last ones known. A life's first save, too, comes after its beginning.
    bool was_older = false;
    Moment older;
    bool was_there = false;
    Moment there;
  };
  Server& Of(sim::NodeId node);
  // Persistent state: the term was saved since the server was last known to be in an older one.
  void CheckSaved(sim::NodeId node, int64_t term, const char* what, Moment now);
  void CheckSurvives(sim::NodeId node, int64_t term, const char* what, Moment now);
  void Note(Server& server, int64_t term, Moment now);

  sim::World& world_;
  const Saves& saves_;
  const int first_node_;
  std::vector<Server> servers_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_TERM_ORACLE_H_
