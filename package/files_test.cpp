#include "package/files.h"

#include <gtest/gtest.h>

namespace package {
namespace {

TEST(Files, are_named_after_the_driver) {
  profile::Identity identity;
  identity.service = "acme";
  identity.binary = "acme.dsm.sys";
  const Files files = files_of(identity);
  EXPECT_EQ(files.driver, "acme.dsm.sys");
  EXPECT_EQ(files.symbols, "acme.dsm.pdb");
  EXPECT_EQ(files.inf, "acme.dsm.inf");
  EXPECT_EQ(files.catalog, "acme.dsm.cat");
  EXPECT_EQ(files.setup, "acme.dsm-setup.exe");
  EXPECT_EQ(files.msi, "acme.dsm.msi");
  EXPECT_EQ(files.test_certificate, "acme.dsm-test.cer");
  EXPECT_EQ(files.actions, "acme.dsm-setup.dll");
}

}  // namespace
}  // namespace package
