// What `dsmkit catalog show` prints.
#include "cli/package/catalog_report.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

package::Catalog sample() {
  package::Catalog catalog;
  catalog.made = 1793491200;
  catalog.list_id = "\x01\xff";
  catalog.systems = "_v100_X64";
  catalog.hardware_ids = {"root\\acmedsm"};
  catalog.members = {{std::string(32, '\x11'), "acmedsm.sys", "2:10.0", package::MemberKind::image},
                     {std::string(32, '\x22'), "acmedsm.inf", "", package::MemberKind::flat}};
  return catalog;
}

TEST(CatalogReport, IsForPeople) {
  EXPECT_EQ(catalog_text(sample()),
            "made          2026-11-01T00:00:00Z\n"
            "signed        no\n"
            "list id       01ff\n"
            "systems       _v100_X64\n"
            "hardware id   root\\acmedsm\n"
            "members       2\n"
            "  1111111111111111111111111111111111111111111111111111111111111111  image  2:10.0   "
            "acmedsm.sys\n"
            "  2222222222222222222222222222222222222222222222222222222222222222  file   -        "
            "acmedsm.inf\n");
}

TEST(CatalogReport, IsForPrograms) {
  const auto json = catalog_json(sample());
  EXPECT_EQ(json["made"], "2026-11-01T00:00:00Z");
  EXPECT_EQ(json["signed"], false);
  EXPECT_EQ(json["members"][0]["kind"], "image");
  EXPECT_EQ(json["members"][1]["file"], "acmedsm.inf");
}

}  // namespace
}  // namespace cli
