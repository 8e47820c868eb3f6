// Catalogs: what is written is read again, each file of a package is known, a changed one is not,
// and any bytes can be read. That other programs read them shows tests/integration/catalog_test.py.
#include "package/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "package/catalog_ids.h"
#include "package/der.h"
#include "package/testing/image.h"

namespace package {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_image;
using testing::with_signature;

constexpr int64_t kNoon = 1795687200;  // 2026-11-26 10:00 UTC

Member member_of(const std::string& file, const std::string& bytes) {
  Member member;
  std::string error;
  EXPECT_TRUE(make_member(file, bytes, member, error)) << error;
  return member;
}

struct Package {
  std::string x64 = make_image({.bytes = 1000});
  std::string arm64 = make_image({.bytes = 1003});
  std::string inf = "[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n";

  Catalog catalog() const {
    Catalog catalog;
    catalog.made = kNoon;
    catalog.systems = kSystems;
    catalog.hardware_ids = {"Root\\ACMEDSM"};
    catalog.members = {member_of("acmedsm.sys", x64), member_of("acmedsm.sys", arm64),
                       member_of("acmedsm.inf", inf)};
    return catalog;
  }
};

Catalog read(const std::string& bytes) {
  Catalog catalog;
  std::string error;
  EXPECT_TRUE(read_catalog(bytes, catalog, error)) << error;
  return catalog;
}

std::string error_of(const std::string& bytes) {
  Catalog catalog;
  std::string error;
  EXPECT_FALSE(read_catalog(bytes, catalog, error));
  return error;
}

TEST(Catalog, IsReadAsItWasWritten) {
  const Package package;
  const Catalog catalog = read(write_catalog(package.catalog()));
  EXPECT_EQ(catalog.made, kNoon);
  EXPECT_EQ(catalog.list_id.size(), 16U);
  EXPECT_EQ(catalog.systems, "_v100_X64,_v100_ARM64");
  EXPECT_THAT(catalog.hardware_ids, ElementsAre("root\\acmedsm"));
  EXPECT_FALSE(catalog.is_signed);
  ASSERT_EQ(catalog.members.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    const Member& member = catalog.members[i];
    EXPECT_EQ(member.kind, member.file == "acmedsm.inf" ? MemberKind::flat : MemberKind::image);
    EXPECT_EQ(member.systems, "2:10.0");
    EXPECT_EQ(member.hash.size(), 32U);
    EXPECT_TRUE(i == 0 || catalog.members[i - 1].hash < member.hash) << "sorted by hash";
  }
}

TEST(Catalog, IsTheSameWhateverTheOrderOfItsFiles) {
  Catalog catalog = Package().catalog();
  const std::string bytes = write_catalog(catalog);
  std::swap(catalog.members[0], catalog.members[2]);
  EXPECT_EQ(write_catalog(catalog), bytes);
  catalog.members.push_back(catalog.members[1]);
  EXPECT_EQ(write_catalog(catalog), bytes) << "a file twice is one member";
  catalog.made += 1;
  EXPECT_NE(read(write_catalog(catalog)).list_id, read(bytes).list_id);
}

TEST(Catalog, KnowsItsFilesSignedOrNot) {
  const Package package;
  const Catalog catalog = read(write_catalog(package.catalog()));
  EXPECT_EQ(judge_file(catalog, "out/acmedsm.sys", package.x64), "");
  EXPECT_EQ(judge_file(catalog, "out/arm64/acmedsm.sys", package.arm64), "");
  EXPECT_EQ(judge_file(catalog, "acmedsm.sys", with_signature(package.x64, "signed")), "");
  EXPECT_EQ(judge_file(catalog, "acmedsm.inf", package.inf), "");
}

TEST(Catalog, DoesNotKnowChangedFiles) {
  Package package;
  const Catalog catalog = read(write_catalog(package.catalog()));
  package.x64.back() = static_cast<char>(package.x64.back() ^ 1);
  EXPECT_THAT(judge_file(catalog, "out/ACMEDSM.sys", package.x64),
              HasSubstr("ACMEDSM.sys: its Authenticode hash"));
  EXPECT_THAT(judge_file(catalog, "out/ACMEDSM.sys", package.x64),
              HasSubstr("another file of this name"));
  package.inf += " ";
  EXPECT_THAT(judge_file(catalog, "acmedsm.inf", package.inf), HasSubstr("its SHA-256 hash"));
  EXPECT_THAT(judge_file(catalog, "strange.txt", "text"),
              HasSubstr("the package that it was made for"));
  EXPECT_THAT(judge_file(catalog, "broken.sys", "MZ"), HasSubstr("broken.sys: is no PE image"));
}

TEST(Catalog, IsSignedWhenThereIsASigner) {
  const std::string bytes = write_catalog(Package().catalog());
  // The same with something in the last set.
  der::Element info, type, wrapped, data, version, algorithms, content;
  der::Reader file(bytes);
  ASSERT_TRUE(file.next(info));
  der::Reader parts(info);
  ASSERT_TRUE(parts.next(type) && parts.next(wrapped) && der::Reader(wrapped).next(data));
  der::Reader inner(data);
  ASSERT_TRUE(inner.next(version) && inner.next(algorithms) && inner.next(content));
  const std::string again = der::sequence(
      {der::integer(1), der::set_of({}), der::element(der::kSequence, content.content),
       der::element(der::context(0), "certificates"), der::set_of({der::integer(7)})});
  const std::string whole =
      der::sequence({der::object_id(id::kSignedData), der::element(der::context(0), again)});
  EXPECT_TRUE(read(whole).is_signed);
  EXPECT_EQ(read(whole).members.size(), 3U);
}

TEST(Catalog, SaysWhereSomethingElseStands) {
  EXPECT_THAT(error_of(""), HasSubstr("a PKCS #7 message in DER expected at byte 0"));
  EXPECT_THAT(error_of("[Version]"), HasSubstr("expected at byte 0"));
  const std::string bytes = write_catalog(Package().catalog());
  EXPECT_THAT(error_of(bytes + "x"),
              HasSubstr("the end of the file expected at byte " + std::to_string(bytes.size())));
  std::string other = bytes;
  const std::string list = der::object_id(id::kCatalogList);
  other[other.find(list) + list.size() - 1] = '\x09';
  EXPECT_THAT(error_of(other), HasSubstr("a list of the kind of catalogs"));
  other = bytes;
  const std::string by = der::object_id(id::kMembersBySha256);
  other[other.find(by) + by.size() - 1] = '\x09';
  EXPECT_THAT(error_of(other), HasSubstr("members by SHA-1 or SHA-256"));
}

TEST(Catalog, EndsWhereItsBytesEnd) {
  const std::string bytes = write_catalog(Package().catalog());
  for (size_t count = 0; count < bytes.size(); ++count) {
    // In a block of its own, so that the sanitizers see its end.
    EXPECT_THAT(error_of(std::string(bytes, 0, count)), HasSubstr("is no security catalog"));
  }
}

// Of the time when Windows 7 was new: the hash is text, and of SHA-1.
TEST(Catalog, BySha1IsReadToo) {
  std::string tag;
  for (const char c : std::string("00FF102030405060708090A0B0C0D0E0F0AABBCC")) {
    tag += {c, '\0'};
  }
  const std::string entry = der::sequence({der::element(der::kOctets, tag), der::set_of({})});
  const std::string list = der::sequence(
      {der::sequence({der::object_id(id::kCatalogList)}), der::element(der::kOctets, "id"),
       der::time(0), der::sequence({der::object_id(id::kMembersBySha1)}), der::sequence({entry})});
  const std::string message = der::sequence(
      {der::integer(1), der::set_of({}),
       der::sequence({der::object_id(id::kTrustList), der::element(der::context(0), list)}),
       der::set_of({})});
  const Catalog catalog = read(
      der::sequence({der::object_id(id::kSignedData), der::element(der::context(0), message)}));
  ASSERT_EQ(catalog.members.size(), 1U);
  EXPECT_EQ(hex(catalog.members[0].hash), "00ff102030405060708090a0b0c0d0e0f0aabbcc");
  EXPECT_EQ(catalog.members[0].kind, MemberKind::other);
}

}  // namespace
}  // namespace package
