#include "cli/inf/compact.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "cli/inf/device_ids.h"
#include "dsm/claim.h"

namespace cli {
namespace {

using Ids = std::vector<std::string>;

std::string id(const char* vendor, const char* product) {
  std::string made;
  std::string error;
  EXPECT_TRUE(make_device_id(vendor, product, made, error)) << error;
  return made;
}

Ids entries_of(const Ids& devices, const Ids& left_out = {}) {
  std::vector<CompactEntry> entries;
  std::string error;
  EXPECT_TRUE(compact(devices, left_out, entries, error)) << error;
  Ids texts;
  for (const CompactEntry& entry : entries) {
    texts.push_back(entry.entry);
  }
  return texts;
}

TEST(Compact, OneDeviceIsItself) {
  EXPECT_EQ(entries_of({id("ACME", "BOX")}), Ids{id("ACME", "BOX")});
}

TEST(Compact, AFamilyIsWhatItHasInCommon) {
  EXPECT_EQ(entries_of({id("VENDOR3", "PROD_PREFIX_A"), id("VENDOR3", "PROD_PREFIX_B"),
                        id("vendor3", "prod_prefix")}),
            Ids{"VENDOR3 PROD_PREFIX"});
}

TEST(Compact, VendorsAndFirstLettersStayApart) {
  EXPECT_EQ(entries_of({id("A", "XY"), id("B", "XY"), id("A", "ZY")}),
            (Ids{id("A", "XY"), id("B", "XY"), id("A", "ZY")}));
}

TEST(Compact, WhatIsToBeLeftOutSplitsAFamily) {
  EXPECT_EQ(entries_of({id("A", "BOX 1"), id("A", "BOX 2"), id("A", "BOXER")}, {id("A", "BOX")}),
            (Ids{id("A", "BOX 1"), id("A", "BOX 2"), id("A", "BOXER")}));
  EXPECT_EQ(entries_of({id("A", "BOX_1"), id("A", "BOX_2"), id("A", "BOXER")}, {id("A", "BOX")}),
            (Ids{"A       BOX_", id("A", "BOXER")}));
}

TEST(Compact, ADeviceThatIsToBeLeftOutTooIsAnError) {
  std::vector<CompactEntry> entries;
  std::string error;
  const Ids devices{id("A", "BOX")};
  EXPECT_FALSE(compact(devices, Ids{id("a", "box")}, entries, error));
  EXPECT_NE(error.find("A       BOX"), error.npos);
}

// Against all lists of entries there are.
TEST(Compact, ClaimsAllAndNoOtherAndNoListIsSmaller) {
  base::Prng prng(1);
  for (unsigned round = 0; round < 2000; ++round) {
    Ids devices;
    Ids left_out;
    for (const char* const product : {"A", "AA", "AB", "AAB", "B", "BA", "A B", "AAA"}) {
      const uint64_t draw = prng.below(3);
      if (draw != 2) {
        (draw == 0 ? devices : left_out).push_back(id("V", product));
      }
    }
    const Ids entries = entries_of(devices, left_out);
    for (const std::string& device : devices) {
      EXPECT_TRUE(std::any_of(entries.begin(), entries.end(), [&device](const std::string& entry) {
        return dsm::entry_matches(entry, device);
      })) << device;
    }
    for (const std::string& device : left_out) {
      for (const std::string& entry : entries) {
        EXPECT_FALSE(dsm::entry_matches(entry, device)) << entry << "|" << device;
      }
    }
    // Two devices of different entries have no entry in common that leaves out what it must.
    for (size_t a = 0; a < entries.size(); ++a) {
      for (size_t b = a + 1; b < entries.size(); ++b) {
        size_t same = 0;
        while (same < entries[a].size() && same < entries[b].size() &&
               entries[a][same] == entries[b][same]) {
          ++same;
        }
        bool possible = false;
        for (size_t size = 9; size <= same; ++size) {
          const std::string both = entries[a].substr(0, size);
          possible |= both.back() != ' ' && std::none_of(left_out.begin(), left_out.end(),
                                                         [&both](const std::string& device) {
                                                           return dsm::entry_matches(both, device);
                                                         });
        }
        EXPECT_FALSE(possible) << entries[a] << "|" << entries[b];
      }
    }
  }
}

TEST(DeviceIds, OneInEachLine) {
  Ids ids;
  std::string error;
  ASSERT_TRUE(
      read_device_ids("f", "# ours\nACME    BOX\r\n\n  \nACME    ARRAY 1        \n", ids, error))
      << error;
  EXPECT_EQ(ids, (Ids{id("ACME", "BOX"), id("ACME", "ARRAY 1")}));
}

TEST(DeviceIds, WhatIsNoneIsNamedWithItsPlace) {
  for (const char* const text : {"ACME    BOX\nACME\n", "ACME    BOX\n\tACME    BOX\n",
                                 "ACME    BOX\nACME    ARRAY OF SEVENTEEN\n"}) {
    Ids ids;
    std::string error;
    EXPECT_FALSE(read_device_ids("f", text, ids, error));
    EXPECT_TRUE(error.starts_with("f:2:1: ")) << error;
  }
  Ids ids;
  std::string error;
  EXPECT_FALSE(read_device_ids("f", "# nothing\n", ids, error));
  std::string made;
  EXPECT_FALSE(make_device_id("VENDOR_OF_9", "BOX", made, error));
  EXPECT_FALSE(make_device_id("ACME", "  ", made, error));
}

}  // namespace
}  // namespace cli
