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

extern "C" {
__attribute__((noinline)) void bench_select(dsm::Pick* pick, const dsm::Lun* lun,
                                            const dsm::Shape* shape) {
  *pick = dsm::select(*lun, 0, *shape);
}
__attribute__((noinline)) bool bench_begin(dsm::Token* token, dsm::Lun* lun,
                                           const dsm::Pick* pick) {
  return dsm::begin(*token, *lun, 0, *pick);
}
__attribute__((noinline)) bool bench_complete(dsm::Token* token, uint32_t bytes, bool is_read,
                                              bool ok) {
  return dsm::complete(*token, {.bytes = bytes,
                                .direction = is_read ? dsm::Direction::read : dsm::Direction::write,
                                .ok = ok}) == dsm::CompleteResult::slot_idle;
}
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
  dsm::Pick pick;
  for (unsigned long i = 0; i < commands; ++i) {
    dsm::Token& token = tokens[i % kDepth];
    if (token.counted()) {
      bench_complete(&token, 4096, true, true);
    }
    bench_select(&pick, &world.lun(), &shapes.next());
    if (!pick.found() || !bench_begin(&token, &world.lun(), &pick)) {
      std::fputs("there must be a path\n", stderr);
      return 1;
    }
  }
  return 0;
}
