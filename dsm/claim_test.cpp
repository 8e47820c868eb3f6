// Claiming and identity: which device is ours, and which logical unit it is. Scenarios 28 and 29
// are in dsm/acceptance/.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dsm/testing/claimed_device.h"
#include "scsi/guarded_bytes.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::Association;
using scsi::CodeSet;
using scsi::DesignatorType;

TEST(Identity, NamesOfPortAndTargetAloneAreNoIdentity) {
  Page page;
  page.add(Association::target_device, DesignatorType::naa, CodeSet::binary, naa(6, 16, 1))
      .add(Association::target_port, DesignatorType::naa, CodeSet::binary, naa(6, 16, 2))
      .port(1, 1);
  Identity identity;
  EXPECT_FALSE(choose_identity(page.bytes(), identity).found);
  EXPECT_FALSE(identity.valid());
}

// The whole ranking, each one against each other, in either order of the page.
TEST(Identity, RanksDesignators) {
  struct Ranked {
    DesignatorType type;
    CodeSet code_set;
    Data bytes;
  };
  const std::vector<Ranked> best_first = {
      {DesignatorType::scsi_name, CodeSet::utf8, text("naa.6000")},
      {DesignatorType::naa, CodeSet::binary, naa(6, 16, 1)},
      {DesignatorType::naa, CodeSet::binary, naa(5, 8, 1)},
      {DesignatorType::naa, CodeSet::binary, naa(3, 8, 1)},
      {DesignatorType::eui64, CodeSet::binary, Data(16, 7)},
      {DesignatorType::eui64, CodeSet::binary, Data(8, 7)},
      {DesignatorType::t10_vendor_id, CodeSet::ascii, text("VENDOR  a much longer identifier")},
      {DesignatorType::vendor_specific, CodeSet::ascii, text("yet another, longer than all")},
  };
  for (size_t better = 0; better < best_first.size(); ++better) {
    for (size_t worse = better + 1; worse < best_first.size(); ++worse) {
      for (const bool better_first : {true, false}) {
        Page page;
        for (const size_t index : {better_first ? better : worse, better_first ? worse : better}) {
          const Ranked& ranked = best_first[index];
          page.add(Association::logical_unit, ranked.type, ranked.code_set, ranked.bytes);
        }
        EXPECT_EQ(chosen(page.bytes()), best_first[better].bytes) << better << " " << worse;
      }
    }
  }
}

TEST(Identity, ALocallyAssignedNaaIsTakenAndSaid) {
  Page page;
  page.lun_naa(naa(3, 16, 1)).lun_naa(naa(6, 8, 2));
  Identity identity;
  EXPECT_FALSE(choose_identity(page.bytes(), identity).locally_assigned);
  EXPECT_EQ(identity.bytes[0], 0x60) << "globally unique, though shorter";

  Page local;
  local.lun_naa(naa(3, 8, 1));
  const IdentityChoice choice = choose_identity(local.bytes(), identity);
  EXPECT_TRUE(choice.found);
  EXPECT_TRUE(choice.locally_assigned);

  Page eui;
  eui.add(Association::logical_unit, DesignatorType::eui64, CodeSet::binary, Data(8, 7));
  EXPECT_FALSE(choose_identity(eui.bytes(), identity).locally_assigned);
}

TEST(Identity, AmongEqualsTheFirstCounts) {
  Page page;
  page.lun_naa(naa(6, 16, 1)).lun_naa(naa(6, 16, 2));
  EXPECT_EQ(chosen(page.bytes()).back(), 1);
}

TEST(Identity, DesignatorsThatNameNothingAreSkipped) {
  Page page;
  page.add(Association::logical_unit, DesignatorType::scsi_name, CodeSet::utf8, Data(8, 0))
      .add(Association::logical_unit, DesignatorType::vendor_specific, CodeSet::ascii, text("    "))
      .add(Association::logical_unit, DesignatorType::logical_unit_group, CodeSet::binary,
           Data{0, 0, 0, 1})
      .add(Association::logical_unit, DesignatorType::md5, CodeSet::binary, Data(16, 9));
  Identity identity;
  EXPECT_FALSE(choose_identity(page.bytes(), identity).found);
}

TEST(Identity, TypeAndCodeSetArePartOfIt) {
  const Data bytes = text("12345678");
  const auto of = [&](DesignatorType type, CodeSet code_set) {
    Page page;
    page.add(Association::logical_unit, type, code_set, bytes);
    Identity identity;
    choose_identity(page.bytes(), identity);
    return identity;
  };
  const Identity eui = of(DesignatorType::eui64, CodeSet::binary);
  EXPECT_TRUE(eui == of(DesignatorType::eui64, CodeSet::binary));
  EXPECT_EQ(eui.hash(), of(DesignatorType::eui64, CodeSet::binary).hash());
  EXPECT_FALSE(eui == of(DesignatorType::vendor_specific, CodeSet::binary));
  EXPECT_FALSE(eui == of(DesignatorType::eui64, CodeSet::ascii));
  Identity longer = eui;
  longer.bytes[longer.size++] = 0;
  EXPECT_FALSE(eui == longer) << "a prefix is another name";
}

// Whatever a cut page yields must be a whole designator, or nothing.
TEST(Identity, CutPagesYieldWholeNamesOrNone) {
  const Data lun = naa(6, 16, 1);
  Page page;
  page.add(Association::target_device, DesignatorType::scsi_name, CodeSet::utf8, text("iqn.x"))
      .lun_naa(lun)
      .port(1, 2);
  const base::Bytes whole = page.bytes();
  for (size_t size = 0; size <= whole.size(); ++size) {
    const scsi::GuardedBytes cut(whole.first(size));
    const Data identity = chosen(cut.view());
    EXPECT_TRUE(identity.empty() || identity == lun) << size;
    const ClaimResult result = claimed(inquiry(1), cut.view());
    EXPECT_EQ(result.claimed(), size == whole.size()) << size;
  }
}

TEST(Identity, SerialNumberIsTheFallBack) {
  const ClaimResult result = claimed(inquiry(), {}, serial_page("S/N 0001"));
  ASSERT_TRUE(result.claimed());
  EXPECT_EQ(result.identity.type, kSerialIdentity);
  const base::Bytes bytes = result.identity.span();
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "DSMKIT  ARRAY           S/N 0001");
  EXPECT_FALSE(result.identity == claimed(inquiry(), {}, serial_page("S/N 0002")).identity);
  EXPECT_FALSE(result.identity ==
               claimed(inquiry(0, "OTHER"), {}, serial_page("S/N 0001")).identity)
      << "two vendors may use the same number";
  Page page;
  page.lun_naa(naa(6, 16, 1));
  EXPECT_EQ(claimed(inquiry(), page.bytes(), serial_page("S/N 0001")).identity.type,
            static_cast<uint8_t>(DesignatorType::naa));
}

TEST(Identity, SerialsThatDifferOnlyAfterABlankAreTwoLuns) {
  EXPECT_FALSE(claimed(inquiry(), {}, serial_page("A 1")).identity ==
               claimed(inquiry(), {}, serial_page("A 2")).identity);
}

TEST(Identity, ABlankOrMissingSerialNumberIsNoIdentity) {
  EXPECT_EQ(claimed(inquiry(), {}, {}).refusal, ClaimRefusal::no_identity);
  EXPECT_EQ(claimed(inquiry(), {}, serial_page("")).refusal, ClaimRefusal::no_identity);
  EXPECT_EQ(claimed(inquiry(), {}, serial_page("        ")).refusal, ClaimRefusal::no_identity);
  EXPECT_EQ(claimed(inquiry(), {}, Data{0, 0x83, 0, 2, 'A', 'B'}).refusal,
            ClaimRefusal::no_identity)
      << "another page under the name of 80h";
}

TEST(Identity, TheLongestSerialNumberFits) {
  const ClaimResult result = claimed(inquiry(), {}, serial_page(std::string(252, 'x')));
  ASSERT_TRUE(result.claimed());
  EXPECT_EQ(result.identity.size, 276);
  EXPECT_EQ(claimed(inquiry(), {}, serial_page(std::string(257, 'x'))).refusal,
            ClaimRefusal::no_identity)
      << "never cut: two cut names could be equal";
}

TEST(Claim, ShortInquiryAndOtherDevicesAreRefused) {
  Page page;
  page.lun_naa(naa(6, 16, 1));
  const Data good = inquiry();
  for (size_t size = 0; size < 36; ++size) {
    const scsi::GuardedBytes cut(base::Bytes(good).first(size));
    EXPECT_EQ(claimed(cut.view(), page.bytes()).refusal, ClaimRefusal::bad_inquiry);
  }
  EXPECT_TRUE(claimed(base::Bytes(good).first(36), page.bytes()).claimed());
  for (const int first : {0x20, 0x60, 0x7f, 0x01, 0x0c, 0x1f}) {
    Data other = good;
    other[0] = static_cast<uint8_t>(first);
    EXPECT_EQ(claimed(other, page.bytes()).refusal, ClaimRefusal::no_logical_unit) << first;
  }
}

TEST(Claim, AluaNeedsPortAndGroup) {
  Page without;
  without.lun_naa(naa(6, 16, 1));
  Page with;
  with.lun_naa(naa(6, 16, 1)).port(0x102, 0x304);
  EXPECT_TRUE(claimed(inquiry(0), without.bytes()).claimed());
  for (const uint8_t tpgs : std::to_array<uint8_t>({1, 2, 3})) {
    EXPECT_EQ(claimed(inquiry(tpgs), without.bytes()).refusal, ClaimRefusal::no_target_port_group);
    const ClaimResult result = claimed(inquiry(tpgs), with.bytes());
    ASSERT_TRUE(result.claimed());
    EXPECT_EQ(result.support, static_cast<AluaSupport>(tpgs));
    EXPECT_EQ(result.relative_target_port, 0x102);
    EXPECT_EQ(result.target_port_group, 0x304);
  }
}

TEST(Claim, PortAndGroupOfALogicalUnitAreNotThePorts) {
  Page page;
  page.lun_naa(naa(6, 16, 1))
      .add(Association::logical_unit, DesignatorType::relative_target_port, CodeSet::binary,
           Data{0, 0, 0, 9})
      .add(Association::logical_unit, DesignatorType::target_port_group, CodeSet::binary,
           Data{0, 0, 0, 9})
      .port(1, 2);
  EXPECT_EQ(claimed(inquiry(1), page.bytes()).target_port_group, 2);
}

TEST(Claim, OfAPortsNumbersTheFirstWholeOnesCount) {
  Page page;
  page.lun_naa(naa(6, 16, 1))
      .add(Association::target_port, DesignatorType::relative_target_port, CodeSet::binary,
           Data{0, 0, 0, 9, 0})
      .add(Association::target_port, DesignatorType::target_port_group, CodeSet::binary,
           Data{0, 0, 0, 9, 0})
      .port(1, 2)
      .port(3, 4);
  const ClaimResult result = claimed(inquiry(1), page.bytes());
  ASSERT_TRUE(result.claimed());
  EXPECT_EQ(result.relative_target_port, 1);
  EXPECT_EQ(result.target_port_group, 2);
}

TEST(Claim, AResultIsUsedAgain) {
  Page page;
  page.lun_naa(naa(6, 16, 1)).port(1, 2);
  ClaimResult result;
  claim(inquiry(1), page.bytes(), {}, {}, result);
  claim(Data(3), {}, {}, {}, result);
  EXPECT_FALSE(result.claimed());
  EXPECT_FALSE(result.identity.valid());
  EXPECT_FALSE(result.has_group);
  EXPECT_TRUE(result.model.empty());
}

TEST(Claim, AluaThatIsNotBelievedIsNotThere) {
  Page page;
  page.lun_naa(naa(6, 16, 1)).port(1, 2);
  const auto support = [&](AluaSupport believed) {
    return claimed(inquiry(3), page.bytes(), {}, {.believed_alua = believed}).support;
  };
  EXPECT_EQ(support(AluaSupport::both), AluaSupport::both);
  EXPECT_EQ(support(AluaSupport::implicit_only), AluaSupport::implicit_only);
  EXPECT_EQ(support(AluaSupport::none), AluaSupport::none);
  EXPECT_EQ(claimed(inquiry(1), page.bytes(), {}, {.believed_alua = AluaSupport::both}).support,
            AluaSupport::implicit_only)
      << "belief adds nothing";
  Page bare;
  bare.lun_naa(naa(6, 16, 1));
  EXPECT_EQ(claimed(inquiry(3), bare.bytes(), {}, {}).refusal, ClaimRefusal::no_target_port_group);
  EXPECT_EQ(claimed(inquiry(3), bare.bytes(), {}, {.believed_alua = AluaSupport::none}).refusal,
            ClaimRefusal::none)
      << "nor are its groups needed";
}

TEST(Claim, OnlyOneSenseKeySaysThatThereIsNoSuchPage) {
  const auto says_so = [](uint8_t status, scsi::Sense sense) {
    Data bytes(18);
    bytes.resize(scsi::encode_fixed_sense(bytes, sense));
    return has_no_such_page(status, bytes);
  };
  for (uint8_t key = 0; key < 16; ++key) {
    EXPECT_EQ(says_so(scsi::kCheckCondition, scsi::make_sense(key, 0x2400)),
              key == scsi::kIllegalRequest)
        << unsigned{key};
  }
  EXPECT_TRUE(says_so(scsi::kCheckCondition, scsi::make_sense(scsi::kIllegalRequest, 0)));
  EXPECT_FALSE(says_so(scsi::kCheckCondition, scsi::make_sense(scsi::kIllegalRequest, 0x2500)))
      << "there is no such LUN";
  EXPECT_FALSE(says_so(scsi::kBusy, scsi::make_sense(scsi::kIllegalRequest, 0x2400)));
  scsi::Sense earlier = scsi::make_sense(scsi::kIllegalRequest, 0x2400);
  earlier.deferred = true;
  EXPECT_FALSE(says_so(scsi::kCheckCondition, earlier)) << "about another command";
  EXPECT_FALSE(has_no_such_page(scsi::kCheckCondition, {}));
}

TEST(Claim, EveryRefusalIsExplained) {
  for (int i = 0; i <= static_cast<int>(ClaimRefusal::no_target_port_group); ++i) {
    EXPECT_GT(explain(static_cast<ClaimRefusal>(i)).size(), 1U);
  }
}

}  // namespace
}  // namespace dsm::testing
