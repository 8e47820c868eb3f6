// Our encodings, read by an independent decoder: Debian's sg3-utils. Skipped, with the reason,
// where its programs are not installed. (Its sg_rtpg reads devices only, so target port groups are
// not checked here.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "scsi/cdb.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/lba_status.h"
#include "scsi/luns.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"

namespace scsi {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return "cannot start " + command;
  }
  std::string output;
  std::array<char, 4096> part{};
  for (size_t got = 0; (got = fread(part.data(), 1, part.size(), pipe)) > 0;) {
    output.append(part.data(), got);
  }
  const int status = pclose(pipe);
  return status == 0 ? output : output + "\n(" + command + " failed)";
}

std::string hex_of(base::Bytes bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    std::array<char, 4> pair{};
    std::snprintf(pair.data(), pair.size(), "%02x ", byte);
    text += pair.data();
  }
  return text;
}

// A file of hex text for as long as it lives.
class HexFile {
 public:
  explicit HexFile(base::Bytes bytes) : path_(::testing::TempDir() + "dsmkit-sg3-XXXXXX") {
    const int fd = mkstemp(path_.data());
    const std::string text = hex_of(bytes) + "\n";
    if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      ADD_FAILURE() << "cannot write " << path_;
    }
    close(fd);
  }
  HexFile(const HexFile&) = delete;
  HexFile& operator=(const HexFile&) = delete;
  ~HexFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Sg3 : public ::testing::Test {
 protected:
  // Every test names the program it needs first.
  static bool missing(const std::string& program) {
    return output_of("command -v " + program).find("failed)") != std::string::npos;
  }
  static std::string vpd(uint8_t page, base::Bytes bytes) {
    const HexFile file(bytes);
    return output_of("sg_vpd --page=" + std::to_string(page) + " --inhex=" + file.path());
  }
};

#define NEEDS(program)                                                       \
  if (missing(program)) {                                                    \
    GTEST_SKIP() << program " is not installed (Debian package sg3-utils)."; \
  }

TEST_F(Sg3, Inquiry) {
  NEEDS("sg_inq");
  Inquiry inquiry;
  inquiry.version = 6;
  inquiry.target_port_group_support = 3;
  inquiry.command_queuing = true;
  EXPECT_TRUE(inquiry.vendor.assign("ACME"));
  EXPECT_TRUE(inquiry.product.assign("Big Array"));
  EXPECT_TRUE(inquiry.revision.assign("1.2"));
  std::array<uint8_t, kInquiryBytes> raw{};
  encode_inquiry(raw, inquiry);
  const HexFile file(raw);
  const std::string text = output_of("sg_inq --inhex=" + file.path());
  EXPECT_THAT(text, HasSubstr("PQual=0  PDT=0  RMB=0"));
  EXPECT_THAT(text, HasSubstr("[SPC-4]"));
  EXPECT_THAT(text, HasSubstr("Resp_data_format=2"));
  EXPECT_THAT(text, HasSubstr("TPGS=3  3PC=0  Protect=0"));
  EXPECT_THAT(text, HasSubstr("CmdQue=1"));
  EXPECT_THAT(text, HasSubstr("length=96"));
  EXPECT_THAT(text, HasSubstr("Vendor identification: ACME"));
  EXPECT_THAT(text, HasSubstr("Product identification: Big Array"));
  EXPECT_THAT(text, HasSubstr("Product revision level: 1.2"));
  EXPECT_THAT(output_of("sg_inq --descriptors --inhex=" + file.path()), Not(HasSubstr("failed)")));
}

TEST_F(Sg3, ExtendedInquiry) {
  NEEDS("sg_vpd");
  std::array<uint8_t, 64> raw{};
  ASSERT_EQ(encode_extended_inquiry(raw, true), raw.size());
  const std::string text = vpd(kVpdExtendedInquiry, raw);
  EXPECT_THAT(text, HasSubstr("HEADSUP=1 ORDSUP=1 SIMPSUP=1"));
  EXPECT_THAT(text, HasSubstr("V_SUP=1"));
}

TEST_F(Sg3, LbaStatus) {
  NEEDS("sg_get_lba_status");
  const std::array<LbaStatus, 2> ranges = {{{0x1000, 16, true}, {0x1010, 48, false}}};
  std::array<uint8_t, 40> raw{};
  ASSERT_EQ(encode_lba_status(raw, ranges), raw.size());
  const HexFile file(raw);
  const std::string text = output_of("sg_get_lba_status --maxlen=40 --inhex=" + file.path());
  EXPECT_THAT(text, ContainsRegex("LBA: 0x0000000000001000  blocks: +16  mapped"));
  EXPECT_THAT(text, ContainsRegex("LBA: 0x0000000000001010  blocks: +48  deallocated"));
}

TEST_F(Sg3, DeviceIdentification) {
  NEEDS("sg_vpd");
  std::array<uint8_t, 256> raw{};
  DesignatorPageWriter writer(raw);
  const std::array<uint8_t, 16> naa{0x60, 0x01, 0x40, 0x5a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const std::string name = "ACME    serial 7";
  const std::array<uint8_t, 4> port{0, 0, 0, 2};
  const std::array<uint8_t, 4> group{0, 0, 0, 1};
  Designator designator;
  designator.code_set = CodeSet::binary;
  designator.type = DesignatorType::naa;
  designator.bytes = naa;
  EXPECT_TRUE(writer.add(designator));
  designator.code_set = CodeSet::ascii;
  designator.type = DesignatorType::t10_vendor_id;
  designator.bytes = {reinterpret_cast<const uint8_t*>(name.data()), name.size()};
  EXPECT_TRUE(writer.add(designator));
  designator.code_set = CodeSet::binary;
  designator.association = Association::target_port;
  designator.type = DesignatorType::relative_target_port;
  designator.protocol_valid = true;
  designator.protocol = 5;
  designator.bytes = port;
  EXPECT_TRUE(writer.add(designator));
  designator.type = DesignatorType::target_port_group;
  designator.bytes = group;
  EXPECT_TRUE(writer.add(designator));
  const std::string text = vpd(0x83, base::Bytes(raw).first(writer.finish()));
  EXPECT_THAT(text, HasSubstr("Addressed logical unit:"));
  EXPECT_THAT(text, HasSubstr("0x6001405a0102030405060708090a0b0c"));
  EXPECT_THAT(text, HasSubstr("vendor id: ACME"));
  EXPECT_THAT(text, HasSubstr("vendor specific: serial 7"));
  EXPECT_THAT(text, HasSubstr("Target port:"));
  EXPECT_THAT(text, HasSubstr("transport: Internet SCSI (iSCSI)"));
  EXPECT_THAT(text, HasSubstr("Relative target port: 0x2"));
  EXPECT_THAT(text, HasSubstr("Target port group: 0x1"));
  EXPECT_THAT(text, Not(HasSubstr("failed)")));
}

TEST_F(Sg3, OtherPages) {
  NEEDS("sg_vpd");
  std::array<uint8_t, 64> raw{};
  const std::array<uint8_t, 3> serial{'A', 'B', '7'};
  EXPECT_THAT(vpd(0x80, base::Bytes(raw).first(encode_vpd(raw, kVpdSerialNumber, serial))),
              HasSubstr("Unit serial number: AB7"));
  const std::array<uint8_t, 3> pages{0x00, 0x83, 0xb2};
  const std::string supported =
      vpd(0x00, base::Bytes(raw).first(encode_vpd(raw, kVpdSupportedPages, pages)));
  EXPECT_THAT(supported, HasSubstr("Device identification"));
  EXPECT_THAT(supported, HasSubstr("Logical block provisioning"));
  EXPECT_THAT(supported, Not(HasSubstr("Block limits")));

  BlockLimits limits;
  limits.max_compare_and_write_blocks = 1;
  limits.optimal_granularity_blocks = 2;
  limits.max_transfer_blocks = 3;
  limits.optimal_transfer_blocks = 4;
  limits.max_unmap_blocks = 5;
  limits.max_unmap_descriptors = 6;
  limits.unmap_granularity_blocks = 7;
  limits.max_write_same_blocks = 8;
  encode_block_limits(raw, limits);
  const std::string text = vpd(0xb0, raw);
  EXPECT_THAT(text, HasSubstr("Maximum compare and write length: 1 blocks"));
  EXPECT_THAT(text, HasSubstr("Optimal transfer length granularity: 2 blocks"));
  EXPECT_THAT(text, HasSubstr("Maximum transfer length: 3 blocks"));
  EXPECT_THAT(text, HasSubstr("Optimal transfer length: 4 blocks"));
  EXPECT_THAT(text, HasSubstr("Maximum unmap LBA count: 5"));
  EXPECT_THAT(text, HasSubstr("Maximum unmap block descriptor count: 6"));
  EXPECT_THAT(text, HasSubstr("Optimal unmap granularity: 7 blocks"));
  EXPECT_THAT(text, HasSubstr("Maximum write same length: 0x8 blocks"));

  Provisioning provisioning;
  provisioning.unmap = true;
  provisioning.write_same16_unmap = true;
  provisioning.read_zeros = 1;
  provisioning.type = 2;
  provisioning.threshold_exponent = 5;
  const std::string thin =
      vpd(0xb2, base::Bytes(raw).first(encode_provisioning(raw, provisioning)));
  EXPECT_THAT(thin, HasSubstr("(LBPU): 1"));
  EXPECT_THAT(thin, HasSubstr("(LBPWS): 1"));
  EXPECT_THAT(thin, HasSubstr("(LBPWS10): 0"));
  EXPECT_THAT(thin, HasSubstr("(LBPRZ): 1"));
  EXPECT_THAT(thin, HasSubstr("Threshold exponent: 5"));
  EXPECT_THAT(thin, HasSubstr("Provisioning type: 2 (thin"));
}

TEST_F(Sg3, SenseOfBothFormats) {
  NEEDS("sg_decode_sense");
  Sense sense;
  sense.key = kMediumError;
  sense.asc = 0x11;
  sense.information = 0x12345678;
  sense.key_specific = {0x80, 0, 5};
  std::array<uint8_t, 64> raw{};
  std::string text = output_of("sg_decode_sense " +
                               hex_of(base::Bytes(raw).first(encode_fixed_sense(raw, sense))));
  EXPECT_THAT(text, HasSubstr("Fixed format, current; Sense key: Medium Error"));
  EXPECT_THAT(text, HasSubstr("Unrecovered read error"));
  EXPECT_THAT(text, HasSubstr("Info fld=0x12345678"));
  EXPECT_THAT(text, HasSubstr("Actual retry count: 0x0005"));

  sense.deferred = true;
  sense.information = 0x0123456789abcdef;
  text = output_of("sg_decode_sense " +
                   hex_of(base::Bytes(raw).first(encode_descriptor_sense(raw, sense))));
  EXPECT_THAT(text, ContainsRegex("Descriptor format, <*deferred>*; Sense key: Medium Error"));
  EXPECT_THAT(text, HasSubstr("Information: 0x0123456789abcdef"));
  EXPECT_THAT(text, HasSubstr("Actual retry count: 5"));
}

// Lower-case letters and digits only: spelling of blanks and dashes differs between editions of the
// standard.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

TEST_F(Sg3, TheTextOfEverySenseCodeWeKnow) {
  NEEDS("sg_decode_sense");
  size_t known = 0;
  for (unsigned code = 0; code < 0x10000; ++code) {
    Sense sense;
    sense.key = kUnitAttention;
    sense.asc = static_cast<uint8_t>(code >> 8);
    sense.ascq = static_cast<uint8_t>(code);
    const std::string ours = text_of_sense_code(sense.asc, sense.ascq);
    if (ours.empty()) {
      continue;
    }
    ++known;
    std::array<uint8_t, 18> raw{};
    encode_fixed_sense(raw, sense);
    const std::string theirs = output_of("sg_decode_sense " + hex_of(raw));
    EXPECT_THAT(letters_of(theirs), HasSubstr("additionalsense" + letters_of(ours))) << theirs;
  }
  EXPECT_GT(known, 80u);
}

TEST_F(Sg3, NamesOfCommands) {
  NEEDS("sg_decode_sense");
  for (const Cdb& cdb :
       {make_test_unit_ready(), make_request_sense(false, 252), make_inquiry(96),
        make_report_luns(512), make_read_capacity10(), make_read_capacity16(32),
        make_report_target_port_groups(true, 512), make_set_target_port_groups(8), make_read(1, 1),
        make_read(uint64_t{1} << 40, 1), make_write(1, 1), make_write(uint64_t{1} << 40, 1),
        make_synchronize_cache(1, 1), make_synchronize_cache(uint64_t{1} << 40, 1), make_unmap(24),
        make_write_same16(0, 1, {})}) {
    const std::string theirs = output_of("sg_decode_sense --cdb " + hex_of(cdb.span()));
    EXPECT_EQ(letters_of(theirs), letters_of(name_of_command(cdb.span())));
  }
}

TEST_F(Sg3, Luns) {
  NEEDS("sg_luns");
  for (const uint32_t lun : {0u, 1u, 255u, 256u, 16383u}) {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%016llx",
                  static_cast<unsigned long long>(encode_lun(lun)));
    const std::string theirs = output_of(std::string("sg_luns --test=") + text.data());
    EXPECT_THAT(theirs, HasSubstr("lun=" + std::to_string(lun) + "\n"));
    EXPECT_THAT(theirs, HasSubstr(lun < 256 ? "Peripheral device addressing" : "Flat space"));
  }
}

}  // namespace
}  // namespace scsi
