// INF files: any bytes are some document, whose places are in order, and which is written in one
// form that reads the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "inf/check/check.h"
#include "inf/markdown.h"
#include "inf/read.h"
#include "inf/strings.h"
#include "inf/write.h"

namespace {

bool before(inf::Place a, inf::Place b) {
  return a.line < b.line || (a.line == b.line && a.column <= b.column);
}

void check_places(const inf::Document& document) {
  inf::Place last{1, 1};
  const auto next = [&last](inf::Place place) {
    BASE_ASSERT(before(last, place));
    last = place;
  };
  for (const inf::Section& section : document.sections) {
    next(section.name.place);
    for (const inf::Line& line : section.lines) {
      next(line.place);
      if (line.has_key) {
        next(line.key.place);
      }
      BASE_ASSERT(line.has_key || !line.values.empty());
      for (const inf::Field& value : line.values) {
        next(value.place);
      }
    }
  }
}

void check_strings(const inf::Document& document) {
  const inf::Index index(document);
  const inf::Strings strings(index);
  for (const inf::Section& section : document.sections) {
    for (const inf::Line& line : section.lines) {
      for (const inf::Field& value : line.values) {
        if (inf::tokens_of(value.text).empty()) {
          BASE_ASSERT(strings.replaced(value.text).size() <= value.text.size());
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const inf::Text text = inf::decode(bytes);
  if (text.first_bad == std::string::npos && text.encoding != inf::Encoding::ansi) {
    BASE_ASSERT(inf::encode(text) == bytes);
  }
  const inf::Document document = inf::read_bytes(bytes);
  check_places(document);
  check_strings(document);
  for (const inf::Finding& finding : inf::check(document)) {
    BASE_ASSERT(finding.place.line != 0 && !finding.what.empty());
  }
  const std::string blocks = inf::blocks_of_markdown(text.utf8);
  BASE_ASSERT(blocks.empty() == text.utf8.empty());
  const std::string written = inf::write(document);
  const inf::Document again = inf::read(written);
  for (const inf::Problem& problem : again.problems) {
    BASE_ASSERT(problem.complaint == inf::Complaint::empty_section_name ||
                problem.complaint == inf::Complaint::nul_character);
  }
  BASE_ASSERT(again.sections.size() == document.sections.size());
  BASE_ASSERT(inf::write(again) == written);
  return 0;
}
