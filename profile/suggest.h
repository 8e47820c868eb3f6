// "Did you mean ...?" for words that there are not.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace profile {

// The word that `typed` was probably meant to be: one that differs in a few letters only. Empty:
// none comes near.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> words);

// "; did you mean down_after_ms?", or "; there are a, b and c".
std::string suggestion(std::string_view typed, std::span<const std::string_view> words);

// What somebody typed, in quotes: cut when it is long, bytes that are no printable ASCII as "?".
std::string in_quotes(std::string_view text);

}  // namespace profile
