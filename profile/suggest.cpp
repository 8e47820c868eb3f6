// See suggest.h.
#include "profile/suggest.h"

#include <algorithm>
#include <numeric>

namespace profile {
namespace {

// Levenshtein: letters put in, left out or replaced.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr size_t kLongestWord = 40;

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> words) {
  std::string_view best;
  if (typed.size() > kLongestWord) {
    return best;
  }
  size_t least = std::max<size_t>(2, typed.size() / 3) + 1;
  for (const std::string_view word : words) {
    const size_t apart = distance(typed, word);
    if (apart < least) {
      least = apart;
      best = word;
    }
  }
  return best;
}

std::string suggestion(std::string_view typed, std::span<const std::string_view> words) {
  if (const std::string_view near = nearest(typed, words); !near.empty()) {
    return "; did you mean " + std::string(near) + "?";
  }
  std::string text = "; there are ";
  for (size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kLongestWord)) {
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out + (text.size() > kLongestWord ? "...\"" : "\"");
}

}  // namespace profile
