// Part of Raftlab, under the MIT License (see LICENSE).
//
// The shard controller: a catalogue of configurations that its servers write together.

#ifndef RAFTLAB_SHARDKV_CTRL_SERVER_H_
#define RAFTLAB_SHARDKV_CTRL_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"
#include "shardkv/replica.h"

namespace shardkv {

class Catalogue : public Automaton {
 public:
  explicit Catalogue(size_t shards);

  // A CtrlRequest to a CtrlResponse.
  std::string Perform(const std::string& body) override;
  std::string Freeze() const override;
  void Thaw(const std::string& ice) override;

 private:
  struct Pages {
    std::vector<Config> all;              // the one at i has the number i
    std::map<uint64_t, int64_t> serials;  // each client's last change
    BOOST_DESCRIBE_CLASS(Pages, (), (all, serials), (), ())
  };

  void Write(const CtrlRequest& request);

  Pages pages_;
};

class CtrlServer {
 public:
  // Returns at once; the pointers stay valid.
  CtrlServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
             size_t shards);
  CtrlServer(const CtrlServer&) = delete;
  CtrlServer& operator=(const CtrlServer&) = delete;

  // The RPC. Lookups go through the log as well.
  CtrlResponse Handle(const CtrlRequest& request);

 private:
  Catalogue catalogue_;
  Journal journal_;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_SERVER_H_
