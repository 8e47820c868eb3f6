// A choice among a seed's faults or deeds by their numbers, as replay commands write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

// "1,4"; "none" when empty.
std::string text_of_indices(const std::vector<uint32_t>& indices);

// The other way. False: the text is neither "none" nor numbers with commas between them.
bool parse_indices(std::string_view text, std::vector<uint32_t>& indices);

}  // namespace sim
