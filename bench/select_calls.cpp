// select, begin and complete as functions of their own, so that a profiler can count what they
// execute; see select_instructions.py.
//
//   select_calls POLICY PATHS COMMANDS
#include <cstdio>
#include <cstdlib>

#include "bench/select_world.h"

namespace {

constexpr unsigned kDepth = 16;

}  // namespace

// With the signatures of dsm/select.h. They need no C linkage, only names that a profiler can be
// given.
[[gnu::noinline]] dsm::Pick bench_select(const dsm::Lun& lun, const dsm::Shape& shape) {
  return dsm::select(lun, 0, shape);
}
[[gnu::noinline]] bool bench_begin(dsm::Token& token, dsm::Lun& lun, const dsm::Pick& pick) {
  return dsm::begin(token, lun, 0, pick);
}
[[gnu::noinline]] dsm::CompleteResult bench_complete(dsm::Token& token, const dsm::Ended& ended) {
  return dsm::complete(token, ended);
}

int main(int argc, char** argv) {
  const dsm::Policy* policy = argc == 4 ? dsm::find_policy(std::string_view(argv[1])) : nullptr;
  const unsigned long paths = argc == 4 ? std::strtoul(argv[2], nullptr, 10) : 0;
  const unsigned long commands = argc == 4 ? std::strtoul(argv[3], nullptr, 10) : 0;
  if (policy == nullptr || paths < 1 || paths > dsm::kMaxPathsPerLun || commands < 1) {
    std::fputs("usage: select_calls POLICY PATHS COMMANDS (paths: 1 to 32)\n", stderr);
    return 2;
  }
  bench::World world(policy->id, static_cast<unsigned>(paths));
  bench::Shapes shapes;
  std::array<dsm::Token, kDepth> tokens;
  for (unsigned long i = 0; i < commands; ++i) {
    dsm::Token& token = tokens[i % kDepth];
    if (token.counted()) {
      bench_complete(token, {.bytes = 4096, .direction = dsm::Direction::read});
    }
    const dsm::Pick pick = bench_select(world.lun(), shapes.next());
    if (!pick.found() || !bench_begin(token, world.lun(), pick)) {
      std::fputs("there must be a path\n", stderr);
      return 1;
    }
  }
  return 0;
}
