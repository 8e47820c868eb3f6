// See pageable.h.
#include "windows/harness/pageable.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "windows/harness/machine.h"

namespace harness {
namespace {

std::vector<std::pair<GuardedBytes*, const char*>> blocks;
bool all_open = true;

}  // namespace

PageableBytes::PageableBytes(const char* what, size_t bytes)
    : what_(what), pages_((bytes + 7) / 8 * 8) {
  if (!machine().threads.at_home() || Machine::irql() >= DISPATCH_LEVEL) {
    fail(
        "the harness itself makes memory that may be paged out at a raised IRQL, or elsewhere than "
        "at home");
  }
  all_open = true;
  blocks.emplace_back(&pages_, what_);
  ++count_;
}

PageableBytes::PageableBytes(const char* what, std::span<const uint8_t> content)
    : PageableBytes(what, content.size()) {
  if (!content.empty()) {
    std::memcpy(data(), content.data(), content.size());
  }
}

PageableBytes::~PageableBytes() {
  std::erase_if(blocks, [this](const auto& block) { return block.first == &pages_; });
  --count_;
}

void PageableBytes::follow(KIRQL irql) {
  const bool open = irql < DISPATCH_LEVEL;
  if (open == all_open) {
    return;
  }
  all_open = open;
  for (const auto& [pages, what] : blocks) {
    pages->open(open);
  }
}

const char* PageableBytes::name_of(const void* address) {
  const auto found = std::find_if(blocks.begin(), blocks.end(), [address](const auto& block) {
    return block.first->contains(address);
  });
  return found == blocks.end() ? nullptr : found->second;
}

}  // namespace harness
