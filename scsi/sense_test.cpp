// Sense data of both formats: bytes written out by hand, every truncation, round trips, rubbish.
#include "scsi/sense.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;

// MEDIUM ERROR, UNRECOVERED READ ERROR at block 12345678h, with actual retry count 5.
const Raw kFixed = {0xf0, 0, 0x23, 0x12, 0x34, 0x56, 0x78, 10, 0,
                    0,    0, 0,    0x11, 0x00, 0,    0x80, 0,  5};
// The same with a block beyond 32 bits.
const Raw kDescriptor = {0x72, 0x03, 0x11, 0x00, 0,    0,    0,    24,   0x00, 0x0a, 0x80,
                         0,    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x02, 0x06,
                         0,    0,    0x80, 0,    5,    0,    0x05, 0x02, 0,    0x20};

TEST(FixedSense, KnownAnswer) {
  const Sense sense = decode_sense(kFixed);
  EXPECT_EQ(sense.format, SenseFormat::fixed);
  EXPECT_FALSE(sense.deferred);
  EXPECT_TRUE(sense.is(kMediumError, 0x11, 0x00));
  EXPECT_EQ(sense.code(), 0x1100);
  EXPECT_EQ(sense.information, 0x12345678u);
  EXPECT_TRUE(sense.incorrect_length);
  EXPECT_FALSE(sense.filemark);
  EXPECT_FALSE(sense.end_of_medium);
  EXPECT_EQ(sense.key_specific, (std::array<uint8_t, 3>{0x80, 0, 5}));
}

TEST(FixedSense, FlagsAreTheirOwnBits) {
  Raw raw = kFixed;
  raw[2] = 0x80;
  EXPECT_TRUE(decode_sense(raw).filemark);
  EXPECT_FALSE(decode_sense(raw).end_of_medium);
  raw[2] = 0x40;
  EXPECT_TRUE(decode_sense(raw).end_of_medium);
  EXPECT_FALSE(decode_sense(raw).incorrect_length);
}

TEST(FixedSense, InformationNeedsTheValidBit) {
  Raw raw = kFixed;
  raw[0] = 0x70;
  EXPECT_FALSE(decode_sense(raw).information);
  EXPECT_TRUE(decode_sense(raw).valid());
}

TEST(FixedSense, TheAdditionalLengthEndsTheData) {
  Raw raw = kFixed;
  raw[7] = 4;  // ends after byte 11
  EXPECT_EQ(decode_sense(raw).code(), 0);
  raw[7] = 5;
  EXPECT_EQ(decode_sense(raw).asc, 0x11);
  raw[13] = 0x7;
  EXPECT_EQ(decode_sense(raw).ascq, 0);
  raw[7] = 6;
  EXPECT_EQ(decode_sense(raw).ascq, 0x7);
  EXPECT_EQ(decode_sense(raw).key_specific[0], 0);
}

TEST(FixedSense, EveryTruncation) {
  Raw raw = kFixed;
  raw[13] = 0x01;
  for_each_truncation(raw, [](base::Bytes prefix) {
    const size_t size = prefix.size();
    const Sense sense = decode_sense(prefix);
    EXPECT_EQ(sense.valid(), size >= 3) << size;
    EXPECT_EQ(sense.key, size >= 3 ? 3 : 0) << size;
    EXPECT_EQ(sense.information.has_value(), size >= 7) << size;
    EXPECT_EQ(sense.asc, size > 12 ? 0x11 : 0) << size;
    EXPECT_EQ(sense.ascq, size > 13 ? 1 : 0) << size;
    EXPECT_EQ(sense.key_specific[0], 0) << size;
  });
}

TEST(DescriptorSense, KnownAnswer) {
  const Sense sense = decode_sense(kDescriptor);
  EXPECT_EQ(sense.format, SenseFormat::descriptor);
  EXPECT_TRUE(sense.is(kMediumError, 0x11, 0x00));
  EXPECT_EQ(sense.information, 0x0123456789abcdefu);
  EXPECT_EQ(sense.key_specific, (std::array<uint8_t, 3>{0x80, 0, 5}));
  EXPECT_TRUE(sense.incorrect_length);
}

TEST(DescriptorSense, EveryTruncation) {
  for_each_truncation(kDescriptor, [](base::Bytes prefix) {
    const size_t size = prefix.size();
    const Sense sense = decode_sense(prefix);
    EXPECT_EQ(sense.valid(), size >= 4) << size;
    EXPECT_EQ(sense.asc, size >= 4 ? 0x11 : 0) << size;
    EXPECT_EQ(sense.information.has_value(), size >= 20) << size;
    EXPECT_EQ(sense.key_specific[0], size >= 27 ? 0x80 : 0) << size;
    EXPECT_FALSE(sense.incorrect_length) << size;
  });
}

TEST(DescriptorSense, UnknownDescriptorsAreSteppedOver) {
  const Raw raw{0x72, 0x06, 0x2a, 0x06, 0, 0, 0, 20, 0x80, 0x04, 1, 2, 3, 4,  // a vendor's
                0x03, 0x00,  // field replaceable unit, cut short
                0x00, 0x0a, 0x80, 0,    0, 0, 0, 0,  0,    0,    0, 9};
  EXPECT_EQ(decode_sense(raw).information, 9u);
  EXPECT_TRUE(decode_sense(raw).is(kUnitAttention, 0x2a, 0x06));
}

TEST(DescriptorSense, LengthsThatLie) {
  Raw raw = kDescriptor;
  raw[7] = 255;  // more than there is
  EXPECT_EQ(decode_sense(raw).information, 0x0123456789abcdefu);
  raw[7] = 0;  // no descriptors, whatever follows
  EXPECT_FALSE(decode_sense(raw).information);
  raw = kDescriptor;
  raw[9] = 2;  // an information descriptor too short to hold one
  EXPECT_FALSE(decode_sense(raw).information);
  raw = kDescriptor;
  raw[9] = 255;  // swallows everything behind it
  EXPECT_TRUE(decode_sense(raw).information);
  EXPECT_EQ(decode_sense(raw).key_specific[0], 0);
}

TEST(Sense, DeferredIsAboutAnEarlierCommand) {
  Raw raw = kFixed;
  raw[0] = 0x71;
  EXPECT_TRUE(decode_sense(raw).deferred);
  raw = kDescriptor;
  raw[0] = 0x73;
  EXPECT_TRUE(decode_sense(raw).deferred);
  EXPECT_FALSE(decode_sense(Raw{0x71}).deferred) << "no sense at all";
}

TEST(Sense, OtherResponseCodesAreNoSense) {
  for (unsigned first = 0; first < 256; ++first) {
    Raw raw(32, 0xff);
    raw[0] = static_cast<uint8_t>(first);
    const unsigned response = first & 0x7f;
    EXPECT_EQ(decode_sense(raw).valid(), response >= 0x70 && response <= 0x73) << first;
  }
  EXPECT_FALSE(decode_sense({}).valid());
}

Sense random_sense(base::Prng& prng, uint64_t information_limit) {
  Sense sense;
  sense.deferred = prng.chance(1, 4);
  sense.key = static_cast<uint8_t>(prng.below(16));
  sense.asc = static_cast<uint8_t>(prng.next());
  sense.ascq = static_cast<uint8_t>(prng.next());
  if (prng.chance(1, 2)) {
    sense.information = prng.below(information_limit);
  }
  if (prng.chance(1, 2)) {
    sense.key_specific = {static_cast<uint8_t>(0x80 | prng.below(128)),
                          static_cast<uint8_t>(prng.next()), static_cast<uint8_t>(prng.next())};
  }
  sense.filemark = prng.chance(1, 4);
  sense.end_of_medium = prng.chance(1, 4);
  sense.incorrect_length = prng.chance(1, 4);
  return sense;
}

void expect_same(const Sense& got, const Sense& sent) {
  EXPECT_EQ(got.deferred, sent.deferred);
  EXPECT_TRUE(got.is(sent.key, sent.asc, sent.ascq));
  EXPECT_EQ(got.information, sent.information);
  EXPECT_EQ(got.key_specific, sent.key_specific);
  EXPECT_EQ(got.filemark, sent.filemark);
  EXPECT_EQ(got.end_of_medium, sent.end_of_medium);
  EXPECT_EQ(got.incorrect_length, sent.incorrect_length);
}

TEST(Sense, RoundTripsOfRandomValues) {
  base::Prng prng(51);
  for (int round = 0; round < 3000; ++round) {
    std::array<uint8_t, 64> raw{};
    Sense sent = random_sense(prng, uint64_t{1} << 32);
    ASSERT_EQ(encode_fixed_sense(raw, sent), 18u);
    expect_same(decode_sense(base::Bytes(raw).first(18)), sent);
    sent = random_sense(prng, UINT64_MAX);
    const size_t length = encode_descriptor_sense(raw, sent);
    ASSERT_GE(length, 8u);
    EXPECT_EQ(raw[7], length - 8);
    const GuardedBytes guarded(base::Bytes(raw).first(length));
    expect_same(decode_sense(guarded.view()), sent);
  }
}

TEST(FixedSense, InformationBeyond32BitsIsLeftOut) {
  Sense sense;
  sense.information = uint64_t{1} << 32;
  std::array<uint8_t, 18> raw{};
  encode_fixed_sense(raw, sense);
  EXPECT_EQ(raw[0], 0x70);
  EXPECT_FALSE(decode_sense(raw).information);
}

TEST(Sense, EncodersStayInShortBuffers) {
  Sense sense;
  sense.information = 1;
  sense.key_specific = {0x80, 0, 1};
  sense.filemark = true;
  for_each_buffer(50, [&](base::MutableBytes buffer) {
    EXPECT_EQ(encode_fixed_sense(buffer, sense), std::min<size_t>(buffer.size(), 18));
    EXPECT_EQ(encode_descriptor_sense(buffer, sense), std::min<size_t>(buffer.size(), 32));
  });
}

TEST(SenseText, NamesAndCodes) {
  EXPECT_STREQ(name_of_sense_key(kUnitAttention), "UNIT ATTENTION");
  EXPECT_STREQ(name_of_sense_key(0xff), "COMPLETED");
  EXPECT_STREQ(text_of_sense_code(0x2a, 0x06), "ASYMMETRIC ACCESS STATE CHANGED");
  EXPECT_STREQ(text_of_sense_code(0x04, 0x0a),
               "LOGICAL UNIT NOT ACCESSIBLE, ASYMMETRIC ACCESS STATE TRANSITION");
  EXPECT_STREQ(text_of_sense_code(0xff, 0xff), "");
  for (unsigned code = 0; code < 0x10000; ++code) {
    ASSERT_NE(text_of_sense_code(static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)),
              nullptr);
  }
}

}  // namespace
}  // namespace scsi
