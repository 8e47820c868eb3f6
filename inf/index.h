// Looks up what a document has by name. Windows reads sections of one name as one, in their order,
// and the first of several lines of one name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inf/document.h"

namespace inf {

// The document must outlive it, unchanged.
class Index {
 public:
  explicit Index(const Document& document);

  const Document& document() const { return document_; }
  bool has(std::string_view section) const;
  // The lines of all sections of that name, in order.
  const std::vector<const Line*>& lines_of(std::string_view section) const;
  // The first line so named in it; null: there is none.
  const Line* find(std::string_view section, std::string_view name) const;

 private:
  const Document& document_;
  std::unordered_map<std::string, std::vector<const Line*>> sections_;
  std::unordered_map<std::string, const Line*> lines_;
};

// As names are compared: the case of ASCII letters does not count.
std::string folded(std::string_view name);

}  // namespace inf
