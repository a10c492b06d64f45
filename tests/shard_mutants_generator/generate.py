import os,sys,subprocess,shutil,re
ROOT='/tmp/wt/shard'
D='shardkv/'
FILES=[D+f for f in ('balance.cc','balance.h','config.h','ctrl_clerk.cc','ctrl_clerk.h','ctrl_messages.h','ctrl_server.cc','ctrl_server.h','replica.cc','replica.h','shard_clerk.cc','shard_clerk.h','shard_messages.h','shard_server.cc','shard_server.h','shard_state.cc','shard_state.h')]
B=D+'balance.cc';CS=D+'ctrl_server.cc';CC=D+'ctrl_clerk.cc';SS=D+'shard_server.cc';ST=D+'shard_state.cc';SH=D+'shard_state.h';SC=D+'shard_clerk.cc';R=D+'replica.cc';SSH=D+'shard_server.h'
LIN='not linearizable'
muts={}
def mut(num,name,title,rule,cls,hard,stage,killed,message,*edits):
    muts[f'{num}_{name}']=(num,title,rule,cls,hard,stage,killed,message,edits)
mut('C01','ties_by_chance','servers break ties between groups by their own chance','every server computes the same configuration','safety',2,'4A','Shard4A.SameConfigOnServers',r'wanted configuration|moved, and',
 (B,'''  std::ranges::stable_sort(by_size''','''  std::shuffle(by_size.begin(), by_size.end(), sim::Random());
  std::ranges::stable_sort(by_size'''),(B,'#include <algorithm>\n','#include <algorithm>\n\n#include "sim/sim.h"\n'))
mut('C02','old_configuration_changes','a Move changes the configuration before it, too','configurations that were published never change','safety',1,'4A','Shard4A.HistoricalQueries','wanted configuration|made no configuration',
 (CS,'''    state_.configs.push_back(Changed(*args));
''','''    const Config changed = Changed(*args);
    state_.configs.back().shards = changed.shards;
    state_.configs.push_back(changed);
'''))
mut('C03','one_group_has_two_more','one group may have two shards more than another','lab 4A: as evenly as possible','contract',1,'4A','Shard4A.MinimalTransfers','as evenly as possible',
 (B,'  while (shards.size() > share(rank)) {','  while (shards.size() > share(rank) + 1) {'),(B,'''have < share(rank); ++have) {
''','''have < share(rank) && !free.empty(); ++have) {
'''))
mut('C04','all_shards_dealt_anew','with each Join and Leave all shards are dealt anew','lab 4A: as few moves as possible','contract',1,'4A','Shard4A.MinimalTransfers','and .* would do|moved',
 (B,'''  // Whoever has most keeps most:''','''  free.clear();
  for (size_t shard = config->shards.size(); shard > 0; --shard) free.push_back(shard - 1);
  for (auto& [gid, shards] : owned) shards.clear();
  // Whoever has most keeps most:'''))
mut('C05','shards_stay_at_groups_that_left','a Leave gives nobody the shards of the groups that left','lab 4A: their shards go to the others','contract',1,'4A','Shard4A.Basic','no group of this configuration',
 (CS,'''      for (const Gid gid : args.gids) config.groups.erase(gid);
      Balance(&config);
''','''      for (const Gid gid : args.gids) config.groups.erase(gid);
'''))
mut('C06','last_leave_keeps_owners','after the last Leave the shards still belong to the group that left','lab 4A: with no groups, shards belong to nobody','contract',1,'4A','Shard4A.Basic','no group of this configuration',
 (B,'  if (owned.empty()) return config->shards.assign(config->shards.size(), kNobody);','  if (owned.empty()) return;'))
mut('C07','join_takes_one_group','a Join of several groups takes the first one','lab 4A: Join adds all of them','contract',1,'4A','Shard4A.Multi','has not the groups',
 (CS,'for (const auto& [gid, servers] : args.groups) config.groups[gid] = servers;','config.groups.insert(*args.groups.begin());'))
mut('C08','query_beyond_the_last','a Query beyond the newest configuration gets the first one','lab 4A: then the newest','contract',1,'4A','Shard4A.HistoricalQueries','wanted configuration|has not the groups',
 (CS,'state_.configs[static_cast<size_t>(number)] : state_.configs.back();','state_.configs[static_cast<size_t>(number)]\n                : number > 0 ? state_.configs.front()\n                             : state_.configs.back();'))
mut('C09','no_duplicate_detection','a call that is asked for again is carried out again','section 8: each command once','safety',2,'4A','Shard4A.Unreliable','made .* configurations',
 (CS,'  if (args->sequence > last) {  // if not','  if (args->sequence >= 0) {  // if not'))
mut('C10','leader_answers_queries_itself','a server that believes that it leads answers a Query from its list','section 8: a read must not be stale','safety',3,'4A','Shard4A.StaleLeader','wanted configuration',
 (CS,'''  const std::optional<std::string> result = replica_.Execute(labgob::Encode(args));
''','''  if (args.operation == CtrlOperation::kQuery) {
    if (!replica_.Leads()) return {};
    sim::MutexLock lock(&replica_.mu);
    return {.done = true, .config = *labgob::Decode<Config>(configs_.Apply(labgob::Encode(args)))};
  }
  const std::optional<std::string> result = replica_.Execute(labgob::Encode(args));
'''),(D+'replica.h','''  bool LeadsUpToDate() ABSL_LOCKS_EXCLUDED(mu);
''','''  bool LeadsUpToDate() ABSL_LOCKS_EXCLUDED(mu);
  bool Leads() { return raft_->GetState().is_leader; }
'''))
mut('C11','numbers_begin_with_1','the first configuration has the number 1','lab 4A: number 0 has no groups','contract',1,'4A','Shard4A.Basic','wanted configuration|newest configuration is',
 (CS,'{{.number = 0, ','{{.number = 1, '))
mut('C12','move_is_undone','after a Move the shards are balanced at once','lab 4A: a Move stays until the next Join or Leave','contract',1,'4A','Shard4A.Move','made no configuration|wanted configuration',
 (CS,'''      config.shards.at(static_cast<size_t>(args.shard)) = args.gid;
''','''      config.shards.at(static_cast<size_t>(args.shard)) = args.gid;
      Balance(&config);
'''))
mut('M01','owner_checked_at_the_door_only','whether a shard is served is looked up when the request comes, not when its entry is carried out','the state machine decides','safety',3,'4B','Shard4B.Concurrent1 and others',LIN,
 (ST,'''  if (!shard.is_served()) return {.error = ShardError::kWrongGroup};
''',''),(SS,'''  const std::optional<std::string> result =
      replica_.Execute(''','''  {
    sim::MutexLock lock(&replica_.mu);
    const size_t shard = ShardOf(args.key, moving_.size());
    if (!state_.shard(static_cast<int64_t>(shard)).is_served()) {
      return {.error = ShardError::kWrongGroup};
    }
  }
  const std::optional<std::string> result =
      replica_.Execute('''))
mut('M02','leader_adopts_by_itself','the leader adopts a configuration by itself, not through the log','all that changes the state goes through the log','safety',2,'4B','Shard4B.JoinLeave',LIN+'|has not returned|wanted',
 (SS,'    Propose({.kind = ShardCommand::Kind::kAdopt, .config = config});','''    sim::MutexLock lock(&replica_.mu);
    state_.Apply(labgob::Encode(
        ShardCommand{.kind = ShardCommand::Kind::kAdopt, .config = config}));'''))
mut('M05','served_before_its_data_is_in','a shard is served as soon as the group has it, before its data has come','serve a shard when it is complete','safety',1,'4B','Shard4B.JoinLeave',LIN+'|wanted',
 (SH,'bool is_served() const { return phase == Phase::kServing || phase == Phase::kUnconfirmed; }','bool is_served() const { return phase != Phase::kAbsent && phase != Phase::kLeaving; }'))
mut('M06','lost_shards_are_still_served','a group goes on serving a shard that it has lost','one owner a shard and configuration','safety',1,'4B','Shard4B.Concurrent1',LIN+'|wanted',
 (SH,'bool is_served() const { return phase == Phase::kServing || phase == Phase::kUnconfirmed; }','bool is_served() const { return phase != Phase::kAbsent && phase != Phase::kAwaited; }'))
mut('M07','duplicates_do_not_move','a shard moves without what finds duplicates among its writes','exactly once, across moves','safety',3,'4B','Shard4B.Unreliable2',LIN,
 (SS,'return {.ready = true, .data = state_.shard(args.shard).data};','return {.ready = true, .data = {.values = state_.shard(args.shard).data.values, .last_sequence = {}}};'))
mut('M10','installed_again','a shard\'s data that comes again replaces what was written since','a move is done once','safety',3,'4B','late answers',LIN,
 (ST,'if (Shard* shard = Find(move, Phase::kAwaited)) {','if (Shard* shard = Find(move, state_.shards.at(static_cast<size_t>(move.shard)).phase)) {'))
mut('M11','numbers_ignored','the steps of a move do not look at the configuration that they belong to','what comes late does nothing','safety',3,'4B','late messages',LIN+'|has not returned',
 (ST,'return move.number == state_.current.number && shard.phase == phase ? &shard : nullptr;','return shard.phase == phase ? &shard : nullptr;'),
 (SS,'''  const bool ready =
      state_.current().number == args.number && state_.shard''','''  const bool ready = state_.shard'''),
 (SS,'''    if (number < args.number) return {};
    const bool is_gone = number > args.number || state_.shard''','''    if (number < 0) return {};
    const bool is_gone = state_.shard'''))
mut('M12','deleted_when_it_was_read','the old owner deletes a shard as soon as the new one has read it','challenge 1: when the new owner has committed it','safety',2,'4B','Shard4B.Concurrent3',LIN+'|has not returned|wanted',
 (SS,'''  return {.ready = true, .data = state_.shard(args.shard).data};
''','''  sim::Go("drop", [this, args] { Propose({.kind = ShardCommand::Kind::kDrop, .move = args}); });
  return {.ready = true, .data = state_.shard(args.shard).data};
'''))
mut('M13','never_deleted','a shard that has moved is kept for ever','challenge 1','performance',1,'4B','Shard4B.Challenge1Delete','on their disks',
 (ST,'if (Shard* shard = Find(move, Phase::kLeaving)) *shard = {};','if (Shard* shard = Find(move, Phase::kLeaving)) shard->phase = Phase::kAbsent;'))
mut('M16','moves_begin_with_the_configuration_only','only the leader that adopts a configuration moves its shards, once','whoever leads goes on','liveness',2,'4B','Shard4B.Concurrent1','has not returned|wanted',
 (SS,'''  for (;; sim::SleepFor(kMoveInterval)) {
    if (!raft_->GetState().is_leader) continue;
''','''  int64_t seen = -1;
  for (;; sim::SleepFor(kMoveInterval)) {
    if (!raft_->GetState().is_leader) continue;
    {
      sim::MutexLock lock(&replica_.mu);
      if (std::exchange(seen, state_.current().number) == state_.current().number) continue;
    }
'''))
mut('M17','pulls_with_the_lock_held','a leader holds its lock while it fetches a shard','two groups wait for each other','liveness',2,'4B','Shard4B.JoinLeave','deadlock|has not returned|holds|held',
 (SS,'''  for (const int owner : owners) {
    auto reply = labrpc::ClientEnd(owner).Call<PullReply>("ShardServer.Pull", move);
''','''  for (const int owner : owners) {
    replica_.mu.Lock();
    auto reply = labrpc::ClientEnd(owner).Call<PullReply>("ShardServer.Pull", move);
    replica_.mu.Unlock();
'''))
mut('M19','served_when_all_have_arrived','a shard that has arrived is not served before all others have','challenge 2','performance',2,'4B','Shard4B.Challenge2Partial','has not returned',
 (ST,'''  if (!shard.is_served()) return {.error = ShardError::kWrongGroup};
''','''  const bool waits = std::ranges::any_of(
      state_.shards, [](const Shard& other) { return other.phase == Phase::kAwaited; });
  if (waits || !shard.is_served()) return {.error = ShardError::kWrongGroup};
'''))
mut('M20','no_entry_of_a_new_leader','a new leader waits for a client before it goes on with configurations','section 8: an entry of its own term','liveness',3,'4B','Shard4B.Snapshot, by groups that restart with idle clients','has not returned',
 (SS,'''      Propose({.kind = ShardCommand::Kind::kNothing});
''',''))
mut('M22','new_number_for_another_group','a clerk gives a write a new number when it asks another group','exactly once, across moves','safety',2,'4B','Shard4B.Unreliable2',LIN,
 (SC,'''    sim::SleepFor(kConfigPause);
    config_''','''    sim::SleepFor(kConfigPause);
    if (args.operation != KeyOperation::kGet) args.sequence = ++last_sequence_;
    config_'''))
mut('M23','gives_what_it_still_serves','an owner gives a shard away before it has adopted the configuration that takes it away','a shard is given when nobody writes to it any more','safety',3,'4B','Shard4B.Concurrent1',LIN,
 (SS,'''  const bool ready =
      state_.current().number == args.number && state_.shard(args.shard).phase == Phase::kLeaving;
''','''  const bool ready = (state_.current().number == args.number &&
                      state_.shard(args.shard).phase == Phase::kLeaving) ||
                     (state_.current().number + 1 == args.number &&
                      state_.shard(args.shard).is_served());
'''))
mut('M25','phases_not_in_the_snapshot','a snapshot has the shards without where they stand: those that were leaving are served again','section 7: a snapshot holds the whole state','safety',3,'4B','Shard4B.Concurrent3',LIN+'|has not returned|wanted',
 (ST,'''  state_ = *std::move(state);
}''','''  state_ = *std::move(state);
  for (Shard& shard : state_.shards) {
    if (shard.phase == Phase::kLeaving) shard.phase = Phase::kServing;
  }
}'''))
mut('M26','leftovers_of_an_earlier_tenure','a shard that comes back is laid over what was left of it','a move replaces the whole shard','safety',3,'4B','Shard4B.Concurrent2',LIN+'|wanted',
 (ST,'if (Shard* shard = Find(move, Phase::kLeaving)) *shard = {};','if (Shard* shard = Find(move, Phase::kLeaving)) shard->phase = Phase::kAbsent;'),
 (ST,'''        *shard = {.phase = Phase::kUnconfirmed, .data = std::move(command->data)};
''','''        shard->phase = Phase::kUnconfirmed;
        shard->data.values.merge(command->data.values);
        shard->data.last_sequence = command->data.last_sequence;
'''))
mut('M31','deleted_on_one_server_only','the old owner\'s leader deletes a shard by itself, not through the log','all that changes the state goes through the log','performance',2,'4B','Shard4B.Challenge1Delete','on their disks|has not returned|'+LIN,
 (SS,'''  return {.done = Propose({.kind = ShardCommand::Kind::kDrop, .move = args})};
''','''  sim::MutexLock lock(&replica_.mu);
  state_.Apply(labgob::Encode(ShardCommand{.kind = ShardCommand::Kind::kDrop, .move = args}));
  return {.done = true};
'''))
def main(out):
    os.makedirs(out,exist_ok=True)
    for k,(num,title,rule,cls,hard,stage,killed,message,edits) in muts.items():
        a='/tmp/sm/a';b='/tmp/sm/b'
        for d in (a,b):
            shutil.rmtree(d,ignore_errors=True); os.makedirs(d+'/shardkv')
        for f in FILES:
            for d in (a,b): shutil.copy(f'{ROOT}/{f}',f'{d}/{f}')
        for f,old,new in edits:
            t=open(f'{b}/{f}').read()
            if t.count(old)!=1: print('EDIT FAILS',k,f,t.count(old),repr(old[:70])); continue
            open(f'{b}/{f}','w').write(t.replace(old,new))
        diff=''
        for f in FILES:
            diff+=subprocess.run(['diff','-u','--label',f'a/{f}','--label',f'b/{f}',f'{a}/{f}',f'{b}/{f}'],capture_output=True,text=True).stdout
        diff=re.sub(r'^(@@ .* @@).*$',r'\1',diff,flags=re.M)
        open(f'{out}/{k}.patch','w').write(f'Number: {num}\nTitle: {title}\nRule: {rule}\nClass: {cls}\nHard: {hard}\nStage: {stage}\nKilled by: {killed}\nMessage: {message}\n\n{diff}')
main(sys.argv[1])
