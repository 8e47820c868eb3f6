// A world of random events with random answers, from a seed: whatever the order, the rules hold
// after each event, and in the end everything comes to rest and all storage comes back.
#pragma once

#include <vector>

#include "base/prng.h"
#include "dsm/testing/lock_judge.h"
#include "dsm/testing/test_host.h"

namespace dsm::testing {

class RandomWorld : public TestHost {
 public:
  explicit RandomWorld(uint64_t seed);

  void step();
  // Nothing out of the ordinary any more: everything must come to rest, and everything must go.
  void finish();

 private:
  NexusId any_nexus();
  PathId any_path();
  Lun* find(uint8_t number) { return module->find_lun(identity_of(number)); }
  LunId lun_id();

  void add_nexus();
  void change_groups();
  void begin_operation(NexusId nexus, PathId path);
  void begin_command();
  void begin_on_named_path(PathId path);
  void end_command();
  // Small numbers, so that addresses meet the ends of earlier transfers.
  Shape any_shape();
  uint32_t any_weight() {
    constexpr uint32_t kWeights[] = {0, 1, 2, UINT32_MAX};
    return kWeights[random_.below(std::size(kWeights))];
  }
  void change_settings(NexusId nexus);
  void interpret_something();
  void answer_something();
  // As a well-behaved array would, but only this one.
  void answer_front();
  void come_to_rest();
  void check();

  LockJudge locks_;
  base::Prng random_;
  bool seed_is_rich_;
  std::vector<Token> tokens_;
  OperationId last_operation_ = 0;
};

}  // namespace dsm::testing
