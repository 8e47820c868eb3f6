// DER: what is written is what the standard says (X.690), and any bytes can be read.
#include "package/der.h"

#include <gtest/gtest.h>

#include "package/hash.h"

namespace package::der {
namespace {

int64_t seconds_of(const std::string& bytes) {
  Reader reader(bytes);
  Element element;
  int64_t seconds = -1;
  return reader.next(element) && read_time(element, seconds) ? seconds : -1;
}

TEST(Der, WritesLengthsShortAndLong) {
  EXPECT_EQ(hex(element(kOctets, "")), "0400");
  EXPECT_EQ(hex(element(kOctets, std::string(127, 'x'))).substr(0, 6), "047f78");
  EXPECT_EQ(hex(element(kOctets, std::string(128, 'x'))).substr(0, 8), "04818078");
  EXPECT_EQ(hex(element(kOctets, std::string(0x1234, 'x'))).substr(0, 10), "0482123478");
}

TEST(Der, WritesNumbers) {
  EXPECT_EQ(hex(integer(0)), "020100");
  EXPECT_EQ(hex(integer(127)), "02017f");
  EXPECT_EQ(hex(integer(128)), "02020080");
  EXPECT_EQ(hex(integer(0x10010001)), "020410010001");
  EXPECT_EQ(hex(object_id("1.2.840.113549.1.7.2")), "06092a864886f70d010702");
}

TEST(Der, PutsASetInOrder) {
  EXPECT_EQ(hex(set_of({integer(3), integer(1), element(kNull, "")})), "31080201010201030500");
}

TEST(Der, WritesTimesAsTheirYearWantsIt) {
  EXPECT_EQ(time(0),
            "\x17\x0d"
            "700101000000Z");
  EXPECT_EQ(time(2524607999),
            "\x17\x0d"
            "491231235959Z");
  EXPECT_EQ(time(2524608000),
            "\x18\x0f"
            "20500101000000Z");
  for (const int64_t seconds : {int64_t{0}, int64_t{1795687200}, int64_t{2524608000}}) {
    EXPECT_EQ(seconds_of(time(seconds)), seconds);
  }
  for (const char* bad : {"701301000000Z", "700230000000Z", "700101240000Z", "7001010000000",
                          "70010100000Z", "x00101000000Z"}) {
    EXPECT_EQ(seconds_of(element(kUtcTime, bad)), -1) << bad;
  }
}

TEST(Der, ReadsElementsWithTheirPlaces) {
  const std::string bytes = sequence({integer(5), element(kOctets, "abc")});
  Reader file(bytes, 100);
  Element outer;
  ASSERT_TRUE(file.next(kSequence, outer));
  EXPECT_TRUE(file.at_end());
  EXPECT_EQ(outer.offset, 102U);
  Reader inner(outer);
  Element part;
  EXPECT_FALSE(inner.next(kOctets, part)) << "a number stands there";
  ASSERT_TRUE(inner.next(kInteger, part));
  ASSERT_TRUE(inner.next(kOctets, part));
  EXPECT_EQ(part.content, "abc");
  EXPECT_EQ(part.offset, 107U);
  EXPECT_FALSE(inner.next(part));
}

TEST(Der, ReadsNothingThatIsNotThere) {
  Element element;
  for (const std::string& bad :
       {std::string("\x30"), std::string("\x30\x80\x00\x00", 4), std::string("\x30\x81"),
        std::string("\x30\x02\x00", 3), std::string("\x30\x85\x00\x00\x00\x00\x00", 7),
        std::string("\x30\x84\xff\xff\xff\xff\x00", 7), std::string("\x1f\x01\x00", 3)}) {
    EXPECT_FALSE(Reader(bad).next(element)) << hex(bad);
  }
}

TEST(Der, ReadsObjectIdentifiers) {
  for (const char* text : {"1.2.840.113549.1.7.2", "0.9.2342", "2.16.840.1.101.3.4.2.1", "2.999"}) {
    EXPECT_EQ(object_id_text(object_id(text).substr(2)), text);
  }
  EXPECT_EQ(object_id_text(""), "");
  EXPECT_EQ(object_id_text("\x2a\x86"), "") << "the last number has no end";
  EXPECT_EQ(object_id_text(std::string(12, '\xff') + "\x01"), "") << "a number beyond all limits";
}

}  // namespace
}  // namespace package::der
