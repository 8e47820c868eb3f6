// Good and bad path URLs; and that no message ever repeats a secret, wherever it stands.
#include "io/iscsi_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iscsi/iscsi.h>
#include <cstdlib>
#include <vector>

namespace io {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kIqn = "iqn.2026-11.test.dsmkit:array";

struct Good {
  std::string url;
  std::string host;
  uint16_t port;
  uint16_t lun;
  std::string user;
  std::string password;
};

const std::vector<Good> kGood = {
    {"iscsi://10.0.0.1/iqn.2026-11.test.dsmkit:array/0", "10.0.0.1", 3260, 0, "", ""},
    {"iscsi://10.0.0.1:3261/iqn.2026-11.test.dsmkit:array/16383", "10.0.0.1", 3261, 16383, "", ""},
    {"iscsi://array-1.example.com:1/iqn.2026-11.test.dsmkit:array/007", "array-1.example.com", 1, 7,
     "", ""},
    {"iscsi://[2001:db8::1]/iqn.2026-11.test.dsmkit:array/1", "2001:db8::1", 3260, 1, "", ""},
    {"iscsi://[fe80::1%eth0]:65535/iqn.2026-11.test.dsmkit:array/1", "fe80::1%eth0", 65535, 1, "",
     ""},
    {"iscsi://alice%secret@h/iqn.2026-11.test.dsmkit:array/1", "h", 3260, 1, "alice", "secret"},
    {"iscsi://alice:secret@h/iqn.2026-11.test.dsmkit:array/1", "h", 3260, 1, "alice", "secret"},
    {"iscsi://al:ice%sec%ret:/x@h:9/iqn.2026-11.test.dsmkit:array/1", "h", 9, 1, "al:ice",
     "sec%ret:/x"},
    {"iscsi://alice%41@[::1]:9/iqn.2026-11.test.dsmkit:array/1", "::1", 9, 1, "alice", "41"},
    {"iscsi://h/iqn%2e2026-11.test.dsmkit%3Aarray/1", "h", 3260, 1, "", ""},
    {"iscsi://h/iqn.2026-11.test.dsmkit:array/1?", "h", 3260, 1, "", ""},
};

TEST(IscsiUrl, ReadsGoodOnes) {
  for (const Good& good : kGood) {
    const IscsiUrl url = parse_iscsi_url(good.url);
    EXPECT_EQ(url.error, "") << good.url;
    EXPECT_EQ(url.path.host, good.host) << good.url;
    EXPECT_EQ(url.path.port, good.port) << good.url;
    EXPECT_EQ(url.path.target, kIqn) << good.url;
    EXPECT_EQ(url.path.lun, good.lun) << good.url;
    EXPECT_EQ(url.path.user, good.user) << good.url;
    EXPECT_EQ(url.path.password, good.password) << good.url;
  }
}

// What libiscsi itself makes of them.
TEST(IscsiUrl, ReadsThemAsLibiscsiDoes) {
  for (const Good& good : kGood) {
    iscsi_context* const context = iscsi_create_context("iqn.2026-11.test.dsmkit:x");
    iscsi_url* const theirs = iscsi_parse_full_url(context, good.url.c_str());
    ASSERT_NE(theirs, nullptr) << good.url;
    EXPECT_EQ(theirs->user, good.user) << good.url;
    EXPECT_EQ(theirs->passwd, good.password) << good.url;
    EXPECT_EQ(std::string(theirs->target), kIqn) << good.url;
    EXPECT_EQ(theirs->lun, good.lun) << good.url;
    EXPECT_THAT(theirs->portal, HasSubstr(good.host)) << good.url;
    iscsi_destroy_url(theirs);
    iscsi_destroy_context(context);
  }
}

TEST(IscsiUrl, ReadsTheTargetsOwnCredentials) {
  const IscsiUrl url = parse_iscsi_url(
      "iscsi://alice%secret@h/iqn.2026-11.test.dsmkit:array/"
      "1?target_user=array&target_password=a=b");
  EXPECT_EQ(url.error, "");
  EXPECT_EQ(url.path.target_user, "array");
  EXPECT_EQ(url.path.target_password, "a=b");
}

TEST(IscsiUrl, ReadsTheDigests) {
  const std::string url = "iscsi://alice%secret@h/iqn.2026-11.test.dsmkit:array/1";
  EXPECT_EQ(parse_iscsi_url(url).path.header_digest, DigestChoice::as_the_target_likes);
  EXPECT_EQ(parse_iscsi_url(url + "?header_digest=none").path.header_digest, DigestChoice::none);
  EXPECT_EQ(parse_iscsi_url(url + "?header_digest=none").path.data_digest,
            DigestChoice::as_the_target_likes);
  EXPECT_EQ(parse_iscsi_url(url + "?data_digest=none").path.data_digest, DigestChoice::none);
  EXPECT_EQ(parse_iscsi_url(url + "?data_digest=crc32c").path.data_digest, DigestChoice::crc32c);
  EXPECT_EQ(parse_iscsi_url(url + "?data_digest=crc32c").path.header_digest,
            DigestChoice::as_the_target_likes);
  const IscsiPathConfig both =
      parse_iscsi_url(url + "?header_digest=crc32c&target_user=a&target_password=b").path;
  EXPECT_EQ(both.header_digest, DigestChoice::crc32c);
  EXPECT_EQ(both.target_user, "a");
}

TEST(IscsiUrl, NamesThePartThatIsWrong) {
  const std::string iqn = std::string("/") + kIqn;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "iscsi://"},
      {"http://h" + iqn + "/0", "iscsi://"},
      {"iscsi:/h" + iqn + "/0", "iscsi://"},
      {"iscsi://", "host is missing"},
      {"iscsi://" + iqn + "/0", "host is missing"},
      {"iscsi://:3260" + iqn + "/0", "host is missing"},
      {"iscsi://h h" + iqn + "/0", "the host holds"},
      {"iscsi://" + std::string(254, 'h') + iqn + "/0", "the host holds"},
      {"iscsi://2001:db8::1" + iqn + "/0", "brackets"},
      {"iscsi://[2001:db8::1" + iqn + "/0", "']'"},
      {"iscsi://[2001:db8::g]" + iqn + "/0", "IPv6"},
      {"iscsi://[]" + iqn + "/0", "IPv6"},
      {"iscsi://[::1%]" + iqn + "/0", "IPv6"},
      {"iscsi://[::1]3260" + iqn + "/0", "port"},
      {std::string("iscsi://[::1\0x]", 15) + iqn + "/0", "IPv6"},
      {"iscsi://h:" + iqn + "/0", "port"},
      {"iscsi://h:0" + iqn + "/0", "port"},
      {"iscsi://h:65536" + iqn + "/0", "port"},
      {"iscsi://h:+80" + iqn + "/0", "port"},
      {"iscsi://h:99999999999999999999" + iqn + "/0", "port"},
      {"iscsi://h", "IQN is missing"},
      {"iscsi://h/", "IQN is missing"},
      {"iscsi://h//0", "IQN is missing"},
      {"iscsi://h/disk/0", "iqn."},
      {"iscsi://h/iqn./0", "iqn."},
      {"iscsi://h/iqn.x%2/0", "'%'"},
      {"iscsi://h/iqn.x%zz/0", "'%'"},
      {"iscsi://h/iqn.x%00/0", "control"},
      {"iscsi://h/iqn.x%20y/0", "space"},
      {"iscsi://h/iqn." + std::string(220, 'x') + "/0", "longer"},
      {"iscsi://h" + iqn, "LUN is missing"},
      {"iscsi://h" + iqn + "/", "LUN is missing"},
      {"iscsi://h" + iqn + "/x", "LUN"},
      {"iscsi://h" + iqn + "/-1", "LUN"},
      {"iscsi://h" + iqn + "/16384", "LUN"},
      {"iscsi://h" + iqn + "/0/1", "LUN"},
      {"iscsi://h" + iqn + "/4294967296", "LUN"},
      {"iscsi://@h" + iqn + "/0", "password"},
      {"iscsi://alice@h" + iqn + "/0", "password"},
      {"iscsi://alice%@h" + iqn + "/0", "password"},
      {"iscsi://%secret@h" + iqn + "/0", "user"},
      {"iscsi://alice%" + std::string(256, 's') + "@h" + iqn + "/0", "longer"},
      {"iscsi://h/iqn.x/0/user%secret@h" + iqn + "/0", "user"},
      {"iscsi://h" + iqn + "/0?header_digest=CRC32C", "crc32c or none"},
      {"iscsi://h" + iqn + "/0?header_digest", "crc32c or none"},
      {"iscsi://h" + iqn + "/0?data_digest=md5", "crc32c or none"},
      {"iscsi://h" + iqn + "/0?digest=crc32c", "data_digest"},
      {"iscsi://a%secret@h" + iqn + "/0?target_user=", "target_user"},
      {"iscsi://a%secret@h" + iqn + "/0?target_user=x", "target_password"},
      {"iscsi://a%secret@h" + iqn + "/0?target_password", "target_password"},
      {"iscsi://h" + iqn + "/0?target_user=x&target_password=secret", "user%password"},
  };
  for (const auto& [url, word] : bad) {
    const IscsiUrl parsed = parse_iscsi_url(url);
    EXPECT_THAT(parsed.error, HasSubstr(word)) << url;
    EXPECT_EQ(parsed.path.host, "") << url;
    EXPECT_EQ(parsed.path.password, "") << url;
  }
}

TEST(IscsiUrl, NeverRepeatsASecretWhereverItStands) {
  for (const std::string url :
       {"alice%s3cr3t@h/iqn.x.y/0", "iscsi:/alice%s3cr3t@h/iqn.x.y/0",
        "iscsi://alice%s3cr3t/iqn.x.y/0", "iscsi://alice:s3cr3t/iqn.x.y/0",
        "iscsi://alice%s3@cr3t@h/iqn.x.y/0", "iscsi://alice%a@s3cr3t@h/iqn.x.y/0",
        "iscsi://alice%x?s3cr3t@h/iqn.x.y/0", "iscsi://alice%x/s3cr3t/h/iqn.x.y/0",
        "iscsi://h/alice%s3cr3t@iqn.x.y/0", "iscsi://h/iqn.x.y/0?target_pasword=s3cr3t",
        "iscsi://h/iqn.x.y/0?s3cr3t", "iscsi://h/iqn.x.y/alice%s3cr3t", "iscsi://h/s3cr3t/0",
        "iscsi://[s3cr3t]/iqn.x.y/0", "iscsi://h:s3cr3t@/iqn.x.y/0",
        "iscsi://h/iqn.x.y/0?target_user=a&target_password=s3cr3t"}) {
    const IscsiUrl parsed = parse_iscsi_url(url);
    EXPECT_NE(parsed.error, "") << url;
    EXPECT_THAT(parsed.error, Not(HasSubstr("s3"))) << url;
    EXPECT_THAT(parsed.error, Not(HasSubstr("cr3t"))) << url;
  }
}

TEST(IscsiUrl, PrintsWhatItCanReadAgainButNoSecret) {
  const IscsiUrl url = parse_iscsi_url(
      "iscsi://alice%s3cr3t@[::1]:9/iqn.x%40y%2fz%25/12?target_user=t&target_password=s3cr3t2");
  ASSERT_EQ(url.error, "");
  EXPECT_EQ(url_of(url.path), "iscsi://[::1]:9/iqn.x%40y%2Fz%25/12");
  const IscsiUrl again = parse_iscsi_url(url_of(url.path));
  EXPECT_EQ(again.error, "");
  EXPECT_EQ(again.path.target, url.path.target);
  EXPECT_EQ(again.path.host, "::1");
}

TEST(IscsiUrl, ReadsPortals) {
  std::string host;
  uint16_t port = 3260;
  EXPECT_EQ(parse_target_portal("h", host, port), "");
  EXPECT_EQ(port, 3260);
  EXPECT_EQ(parse_target_portal("[::1]:7", host, port), "");
  EXPECT_EQ(host, "::1");
  EXPECT_EQ(port, 7);
  EXPECT_NE(parse_target_portal("h:7:8", host, port), "");
}

TEST(IscsiUrl, TakesSecretsFromTheEnvironmentAsLibiscsiDoes) {
  setenv("LIBISCSI_CHAP_USERNAME", "alice", 1);
  setenv("LIBISCSI_CHAP_PASSWORD", "from-the-environment", 1);
  setenv("LIBISCSI_CHAP_TARGET_USERNAME", "array", 1);
  setenv("LIBISCSI_CHAP_TARGET_PASSWORD", "also-from-there", 1);
  IscsiPathConfig none = parse_iscsi_url("iscsi://h/iqn.x.y/0").path;
  add_credentials_from_environment(none);
  EXPECT_EQ(none.user + " " + none.password, "alice from-the-environment");
  EXPECT_EQ(none.target_user + " " + none.target_password, "array also-from-there");
  IscsiPathConfig own = parse_iscsi_url("iscsi://bob%secret@h/iqn.x.y/0").path;
  add_credentials_from_environment(own);
  EXPECT_EQ(own.user + " " + own.password, "bob secret");
  unsetenv("LIBISCSI_CHAP_PASSWORD");
  IscsiPathConfig half = parse_iscsi_url("iscsi://h/iqn.x.y/0").path;
  add_credentials_from_environment(half);
  EXPECT_EQ(half.user + half.target_user, "");
  unsetenv("LIBISCSI_CHAP_USERNAME");
  unsetenv("LIBISCSI_CHAP_TARGET_USERNAME");
  unsetenv("LIBISCSI_CHAP_TARGET_PASSWORD");
}

TEST(IscsiUrl, GivesEachPathItsInitiator) {
  IscsiPathConfig path = parse_iscsi_url("iscsi://h/iqn.x.y/0").path;
  set_initiator(path, "iqn.a", 0);
  EXPECT_EQ(path.initiator_name, "iqn.a");
  IscsiPathConfig same = path;
  set_initiator(same, "iqn.a", 0);
  EXPECT_EQ(same.isid, path.isid);
  IscsiPathConfig other_lun = path;
  other_lun.lun = 1;
  set_initiator(other_lun, "iqn.a", 0);
  EXPECT_NE(other_lun.isid, path.isid);
}

TEST(IscsiUrl, TheDefaultInitiatorNameIsAnIqn) {
  const std::string name = default_initiator_name();
  EXPECT_EQ(name, default_initiator_name());
  EXPECT_EQ(parse_iscsi_url("iscsi://h/" + name + "/0").error, "");
}

}  // namespace
}  // namespace io
