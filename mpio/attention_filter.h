// One event at the target is announced to every I_T nexus by a unit attention of its own. A client
// behind several paths hears of it once.
#pragma once

#include <cstdint>
#include <map>

namespace mpio {

class AttentionFilter {
 public:
  // A unit attention of `code` (ASC and ASCQ) has come down `path`. False: it is what another path
  // has announced already. A path announces each event once, so a path that repeats itself speaks
  // of a new one.
  bool is_news(uint16_t code, unsigned path) {
    uint32_t& told = told_[code];
    const uint32_t bit = uint32_t{1} << path;
    const bool news = told == 0 || (told & bit) != 0;
    told = news ? bit : told | bit;
    return news;
  }

  // The client's own command has caused the event, down `path`: the others will announce it, and
  // there is nothing new in that.
  void caused_here(uint16_t code, unsigned path) { told_[code] = uint32_t{1} << path; }

 private:
  std::map<uint16_t, uint32_t> told_;  // by code: the paths that have announced the last event
};

}  // namespace mpio
