// Part of Raftlab, under the MIT License (see LICENSE).

// No election: all servers know from the start who leads.
#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = (me) == 0}
