// docs/errors.md says what the error table does.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "dsm/error_table.h"
#include "dsm/testing/errors_document.h"

namespace dsm::testing {
namespace {

TEST(ErrorsDocument, IsUpToDate) {
  std::ifstream file(DSMKIT_SOURCE_DIR "/docs/errors.md");
  ASSERT_TRUE(file) << "docs/errors.md is missing";
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), errors_document())
      << "make it anew: cmake --build --preset dev --target errors_document && "
         "build/dev/dsm/errors_document docs/errors.md";
}

TEST(ErrorsDocument, HasEveryRuleInItsPlace) {
  const std::string text = errors_document();
  size_t at = 0;
  for (const ErrorRow& row : builtin_rows()) {
    const size_t found = text.find(std::string("| ") + row.name + " |", at);
    ASSERT_NE(found, std::string::npos) << row.name;
    at = found;
  }
  EXPECT_NE(text.find("| access-state-changed | UNIT ATTENTION (6h) | 2Ah/06h | any | any | "
                      "retry, not counted | RTPG down this path, I/O held |"),
            std::string::npos);
  EXPECT_EQ(text.find("?"), std::string::npos) << "a word is missing";
}

}  // namespace
}  // namespace dsm::testing
