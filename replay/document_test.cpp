// docs/traces.md says what the records hold.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "replay/testing/traces_document.h"

namespace replay::testing {
namespace {

TEST(TracesDocument, ItsLastPartIsUpToDate) {
  std::ifstream file(DSMKIT_SOURCE_DIR "/docs/traces.md");
  ASSERT_TRUE(file) << "docs/traces.md is missing";
  std::ostringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  const size_t at = page.find(kFieldsTitle);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(page.substr(at), fields_document())
      << "make it anew: cmake --build --preset dev --target traces_document && "
         "build/dev/replay/traces_document docs/traces.md";
}

}  // namespace
}  // namespace replay::testing
