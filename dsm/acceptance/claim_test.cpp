// Acceptance: which device is ours, and which LUN it is. Scenarios 28 and 29.
#include <gtest/gtest.h>

#include "dsm/testing/claimed_device.h"

namespace dsm::testing {
namespace {

using scsi::Association;
using scsi::CodeSet;
using scsi::DesignatorType;

TEST(Acceptance, S28_ATargetNameBeforeTheLunDoesNotCount) {
  const Data lun = naa(6, 16, 1);
  Page page;
  page.add(Association::target_device, DesignatorType::scsi_name, CodeSet::utf8,
           text("iqn.2024-01.example:target"))
      .lun_naa(lun);
  EXPECT_EQ(chosen(page.bytes()), lun);
}

TEST(Acceptance, S28_ATargetNaaOfTheSameLengthBeforeTheLunDoesNotCount) {
  const Data lun = naa(5, 8, 2);
  Page page;
  page.add(Association::target_device, DesignatorType::naa, CodeSet::binary, naa(5, 8, 1))
      .lun_naa(lun);
  EXPECT_EQ(chosen(page.bytes()), lun);
}

// Two targets may show the same LUN, and one target two: neither's own name tells.
TEST(Acceptance, S28_TheLunsNaaAloneTellsLunsApart) {
  const auto of = [](std::string_view target, uint8_t target_naa, uint8_t lun) {
    Page page;
    page.add(Association::target_device, DesignatorType::scsi_name, CodeSet::utf8, text(target))
        .add(Association::target_device, DesignatorType::naa, CodeSet::binary,
             naa(5, 8, target_naa))
        .lun_naa(naa(5, 8, lun));
    return claimed(inquiry(), page.bytes(), serial_page("0815")).identity;
  };
  EXPECT_TRUE(of("iqn.2024-01.example:a", 1, 7) == of("iqn.2024-01.example:b", 2, 7));
  EXPECT_FALSE(of("iqn.2024-01.example:a", 1, 7) == of("iqn.2024-01.example:a", 1, 8));
}

TEST(Acceptance, S29_OnlyTruePrefixesMatch) {
  constexpr std::string_view kVendor = "DSMKIT  ";
  constexpr std::string_view kProduct = "ARRAY_X         ";
  const auto accepts = [&](std::string_view entry) {
    return entry_matches(entry, kVendor, kProduct);
  };
  EXPECT_TRUE(accepts("DSMKIT  ARRAY_X         "));
  EXPECT_TRUE(accepts("DSMKIT  ARRAY_X"));
  EXPECT_TRUE(accepts("DSMKIT"));
  EXPECT_TRUE(accepts("dsmkit  array_x")) << "without regard to case";
  EXPECT_FALSE(accepts("")) << "an empty entry would claim everything";
  EXPECT_FALSE(accepts("   "));
  EXPECT_FALSE(accepts("DSMKIT  ARRAY_X         more than twenty-four"));
  EXPECT_FALSE(accepts("DSMKIT  ARRAY_X         D"));
  EXPECT_FALSE(accepts("DSMKIT  ARRAY_X                         ")) << "too long is too long";
  EXPECT_FALSE(accepts("DSMKITARRAY_X")) << "the vendor is eight characters wide";
  EXPECT_FALSE(accepts("DSMKIT  ARRAY X")) << "an underscore is no blank";
  EXPECT_FALSE(accepts("DSMKIT__ARRAY_X"));
  EXPECT_FALSE(accepts("SMKIT"));
}

TEST(Acceptance, S29_AllTwentyFourCharactersNameOneProduct) {
  constexpr std::string_view kEntry = "DSMKIT  ARRAY           ";
  EXPECT_TRUE(entry_matches(kEntry, "DSMKIT  ", "ARRAY           "));
  EXPECT_FALSE(entry_matches(kEntry, "DSMKIT  ", "ARRAY_X         "));
  EXPECT_TRUE(entry_matches(kEntry.substr(0, 23), "DSMKIT  ", "ARRAY_X         "))
      << "one character less is a prefix";
}

TEST(Acceptance, S29_TheListDecides) {
  Page page;
  page.lun_naa(naa(6, 16, 1));
  const auto refusal = [&](std::vector<std::string_view> list) {
    return claimed(inquiry(), page.bytes(), {}, {.supported_devices = list}).refusal;
  };
  EXPECT_EQ(refusal({}), ClaimRefusal::none) << "no list: every disk";
  EXPECT_EQ(refusal({""}), ClaimRefusal::not_supported);
  EXPECT_EQ(refusal({"OTHER", "", "dsmkit  arr"}), ClaimRefusal::none);
  EXPECT_EQ(refusal({"DSMKIT  ARRAY           ################"}), ClaimRefusal::not_supported)
      << "forty characters";
}

}  // namespace
}  // namespace dsm::testing
