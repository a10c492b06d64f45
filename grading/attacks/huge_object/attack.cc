// Part of Raftlab, under the MIT License (see LICENSE).

char huge[size_t{3} << 30] = {1};
