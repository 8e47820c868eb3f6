// Portals as people write them, and listening.
#include "io/portal.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace io {
namespace {

TEST(Portal, WhatIsUnderstood) {
  std::string error;
  EXPECT_EQ(parse_portal("127.0.0.1:3260", error), (Portal{"127.0.0.1", 3260}));
  EXPECT_EQ(parse_portal("[::1]:0", error), (Portal{"::1", 0}));
  EXPECT_EQ(parse_portal("storage.example:65535", error), (Portal{"storage.example", 65535}));
  EXPECT_EQ(to_text({"::1", 7}), "[::1]:7");
  EXPECT_EQ(to_text({"host", 7}), "host:7");
}

TEST(Portal, WhatIsNotSaysWhy) {
  const auto complaint = [](const char* text) {
    std::string error;
    EXPECT_FALSE(parse_portal(text, error)) << text;
    EXPECT_NE(error.find("write HOST:PORT"), std::string::npos) << error;
    return error;
  };
  EXPECT_NE(complaint("127.0.0.1").find("port is missing"), std::string::npos);
  EXPECT_NE(complaint("").find("port is missing"), std::string::npos);
  EXPECT_NE(complaint("::1:3260").find("brackets"), std::string::npos);
  EXPECT_NE(complaint(":3260").find("host is missing"), std::string::npos);
  EXPECT_NE(complaint("[]:3260").find("host is missing"), std::string::npos);
  for (const char* bad : {"h:", "h:65536", "h:-1", "h:12x", "h: 1"}) {
    EXPECT_NE(complaint(bad).find("65535"), std::string::npos) << bad;
  }
}

TEST(Portal, ListeningFixesAFreePortAndNamesATakenOne) {
  std::string error;
  auto address = ListenAddress::resolve({"127.0.0.1", 0}, error);
  ASSERT_TRUE(address) << error;
  const int first = address->listen(error);
  ASSERT_GE(first, 0) << error;
  EXPECT_NE(address->port(), 0);
  EXPECT_EQ(address->host(), "127.0.0.1");
  EXPECT_FALSE(address->is_wildcard());
  EXPECT_EQ(address->listen(error), -1);
  EXPECT_NE(error.find(address->text()), std::string::npos) << error;
  close(first);
  const int again = address->listen(error);
  EXPECT_GE(again, 0) << error;
  close(again);
}

TEST(Portal, WildcardsAndUnknownHosts) {
  std::string error;
  EXPECT_TRUE(ListenAddress::resolve({"0.0.0.0", 0}, error)->is_wildcard());
  EXPECT_TRUE(ListenAddress::resolve({"::", 0}, error)->is_wildcard());
  EXPECT_FALSE(ListenAddress::resolve({"no such host", 1}, error));
  EXPECT_NE(error.find("no such host:1"), std::string::npos) << error;
}

}  // namespace
}  // namespace io
