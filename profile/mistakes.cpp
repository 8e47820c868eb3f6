// See mistakes.h.
#include "profile/mistakes.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace profile {

void Mistakes::add(Place place, std::string text) {
  const auto after =
      std::upper_bound(list_.begin(), list_.end(), place, [](const Place& a, const Mistake& b) {
        return std::tie(a.line, a.column) < std::tie(b.place.line, b.place.column);
      });
  list_.insert(after, {place, std::move(text)});
}

std::string text_of(const Mistake& mistake, const std::string& file) {
  const Place& place = mistake.place;
  const std::string where =
      place.line == 0 ? "" : std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
  return file + ":" + where + " " + mistake.text;
}

}  // namespace profile
