// TransportIDs: known answers, every truncation, and what is no port's name.
#include "scsi/transport_id.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;

constexpr Isid kIsid = {0x00, 0x02, 0x3d, 0xab, 0x00, 0x0f};

// A TransportID of iSCSI with `text` as it stands, padded to a multiple of 4.
Raw iscsi(uint8_t first, const std::string& text) {
  Raw raw = {first, 0, 0, 0};
  raw.insert(raw.end(), text.begin(), text.end());
  raw.push_back(0);
  while (raw.size() < 24 || raw.size() % 4 != 0) {
    raw.push_back(0);
  }
  base::store_be16(&raw[2], static_cast<uint16_t>(raw.size() - 4));
  return raw;
}

std::optional<TransportId> only(base::Bytes raw) {
  TransportIdWalk walk(raw);
  const auto id = walk.next();
  EXPECT_EQ(walk.next(), std::nullopt);
  return id;
}

TEST(TransportId, IscsiPort) {
  const Raw raw = iscsi(0x45, "iqn.2026-11.dev.host:a,i,0x00023dab000f");
  EXPECT_EQ(raw.size(), 44u);
  const auto id = only(raw);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->protocol, ProtocolId::iscsi);
  EXPECT_EQ(id->name, "iqn.2026-11.dev.host:a");
  EXPECT_EQ(id->isid, kIsid);
  EXPECT_EQ(id->bytes.size(), raw.size());
  Raw encoded(raw.size());
  EXPECT_EQ(encode_iscsi_transport_id(encoded, "iqn.2026-11.dev.host:a", &kIsid), raw.size());
  EXPECT_EQ(encoded, raw);
}

TEST(TransportId, IscsiNodeIsAllItsPorts) {
  const Raw raw = iscsi(0x05, "iqn.x");
  EXPECT_EQ(raw.size(), 24u) << "the name field has at least 20 bytes";
  const auto id = only(raw);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->name, "iqn.x");
  EXPECT_FALSE(id->isid);
  Raw encoded(raw.size());
  EXPECT_EQ(encode_iscsi_transport_id(encoded, "iqn.x", nullptr), raw.size());
  EXPECT_EQ(encoded, raw);
}

TEST(TransportId, TheTerminatorIsThereWhenTheNameFillsItsField) {
  std::array<uint8_t, 64> out{};
  EXPECT_EQ(encode_iscsi_transport_id(out, "iqn.2026-11.dev:abc", nullptr), 24u);
  EXPECT_EQ(encode_iscsi_transport_id(out, "iqn.2026-11.dev:abcd", nullptr), 28u);
  EXPECT_EQ(out[3], 24);
  EXPECT_EQ(out[24], 0);
}

TEST(TransportId, TheLongestName) {
  std::array<uint8_t, 300> out{};
  const std::string name(kMaxIscsiNameBytes, 'n');
  const size_t length = encode_iscsi_transport_id(out, name, &kIsid);
  EXPECT_EQ(length, kMaxTransportIdBytes);
  const auto id = only(base::Bytes(out).first(length));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->name, name);
  EXPECT_EQ(encode_iscsi_transport_id(out, name + "more", &kIsid), length) << "cut";
  EXPECT_EQ(only(iscsi(0x05, name + "n")), std::nullopt);
}

TEST(TransportId, ShortAndLargeIsidTexts) {
  const auto id = only(iscsi(0x45, "iqn.x,i,0xAbC"));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->isid, (Isid{0, 0, 0, 0, 0x0a, 0xbc}));
  for (const char* text : {"iqn.x,i,0x", "iqn.x,i,0x0123456789abc", "iqn.x,i,0x12g", "iqn.x,i,12",
                           "iqn.x", "", ",i,0x12", "iqn.x,i,0x12 "}) {
    EXPECT_EQ(only(iscsi(0x45, text)), std::nullopt) << text;
  }
}

TEST(TransportId, FibreChannelAndSas) {
  Raw raw(24);
  base::store_be64(&raw[8], 0x1122334455667788);
  auto id = only(raw);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->protocol, ProtocolId::fibre_channel);
  EXPECT_EQ(id->port_name, 0x1122334455667788u);
  Raw encoded(24);
  EXPECT_EQ(encode_port_name_transport_id(encoded, ProtocolId::fibre_channel, id->port_name), 24u);
  EXPECT_EQ(encoded, raw);

  raw.assign(24, 0);
  raw[0] = 6;
  base::store_be64(&raw[4], 0x5000c50012345678);
  id = only(raw);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->protocol, ProtocolId::sas);
  EXPECT_EQ(id->port_name, 0x5000c50012345678u);
  EXPECT_EQ(encode_port_name_transport_id(encoded, ProtocolId::sas, id->port_name), 24u);
  EXPECT_EQ(encoded, raw);
  raw[0] = 0x46;  // a format that SAS does not have
  EXPECT_EQ(only(raw), std::nullopt);
}

TEST(TransportId, SeveralOneBehindTheOther) {
  Raw list(24);
  const Raw second = iscsi(0x45, "iqn.x,i,0x1");
  list.insert(list.end(), second.begin(), second.end());
  list.insert(list.end(), {0x04});
  list.resize(list.size() + 23);
  TransportIdWalk walk(list);
  EXPECT_EQ(walk.next()->protocol, ProtocolId::fibre_channel);
  EXPECT_EQ(walk.next()->name, "iqn.x");
  EXPECT_EQ(walk.next()->protocol, ProtocolId::rdma);
  EXPECT_EQ(walk.next(), std::nullopt);
  EXPECT_FALSE(walk.defective());
}

TEST(TransportId, EveryTruncation) {
  for (const Raw& raw : {Raw(24), iscsi(0x05, "iqn.x"), iscsi(0x45, "iqn.host,i,0x00023d000001")}) {
    for_each_truncation(raw, [](base::Bytes prefix) {
      TransportIdWalk walk(prefix);
      EXPECT_EQ(walk.next(), std::nullopt) << prefix.size();
      EXPECT_EQ(walk.defective(), !prefix.empty()) << prefix.size();
    });
  }
}

TEST(TransportId, LengthsThatCannotBe) {
  Raw raw = iscsi(0x05, "iqn.a-longer-name-than-20");
  raw[3] = 16;  // less than 20
  EXPECT_EQ(only(raw), std::nullopt);
  raw[3] = 22;  // no multiple of 4, and the name is not terminated
  EXPECT_EQ(only(raw), std::nullopt);
  raw[3] = 24;  // not terminated
  EXPECT_EQ(only(raw), std::nullopt);
  raw = iscsi(0x05, "iqn.a");
  raw[3] = 21;
  raw.push_back(0);
  EXPECT_EQ(only(raw), std::nullopt);
  for (const uint8_t format : {uint8_t{0x85}, uint8_t{0xc5}}) {
    EXPECT_EQ(only(iscsi(format, "iqn.x,i,0x1")), std::nullopt);
  }
}

TEST(TransportId, EveryBufferLength) {
  for_each_buffer(60, [](base::MutableBytes out) {
    EXPECT_EQ(encode_iscsi_transport_id(out, "iqn.2026-11.dev.host:a", &kIsid), 44u);
    EXPECT_EQ(encode_port_name_transport_id(out, ProtocolId::sas, 1), 24u);
  });
}

TEST(TransportId, Names) {
  for (uint8_t protocol = 0; protocol < 16; ++protocol) {
    const bool known = protocol != 2 && protocol != 7 && protocol != 8 && protocol < 11;
    EXPECT_EQ(std::string(name_of(static_cast<ProtocolId>(protocol))) != "reserved", known)
        << int{protocol};
  }
}

}  // namespace
}  // namespace scsi
