// See initiator.h.
#include "io/iscsi/testing/initiator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace io::iscsi::testing {

TestTarget::TestTarget() {
  array::Config config;
  config.target_name = kTargetName;
  config.symmetric = true;
  config.ports = {{.controller = 0}, {.controller = 1}};
  config.ports.resize(kMostPorts);
  config.luns = {{.size_bytes = 16U << 20}, {.size_bytes = 1U << 20}};
  std::string error;
  array = array::Array::create(config, scheduler, error);
  EXPECT_TRUE(array) << error;
  device.emplace(*array);
  target.reset(new Target{
      .device = *device,
      .name = kTargetName,
      .portals = {{"192.0.2.1", 3260}, {"", 3261}},
      .chap = {},
      .chap_mutual = {},
      .log = [this](const std::string& line) { lines.push_back(line); },
      .connections = {},
  });
}

std::vector<uint8_t> text(std::initializer_list<std::string> pairs) {
  std::vector<uint8_t> out;
  for (const std::string& pair : pairs) {
    out.insert(out.end(), pair.begin(), pair.end());
    out.push_back(0);
  }
  return out;
}

std::vector<uint8_t> pattern(size_t count, uint8_t seed) {
  std::vector<uint8_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>(seed + i + (i >> 8) * 13);
  }
  return out;
}

Initiator::Initiator(TestTarget& world, unsigned port)
    : connection(*world.target, port, {"198.51.100.7:4711", "203.0.113.9"}, *this), world_(world) {}

void Initiator::feed(base::Bytes bytes) {
  while (!bytes.empty() && connection.wants_input()) {
    std::array<iovec, 2> buffers;
    const size_t used = connection.input_buffers(buffers);
    size_t put = 0;
    for (size_t i = 0; i < used && put < chunk_; ++i) {
      const size_t count = std::min({buffers[i].iov_len, bytes.size() - put, chunk_ - put});
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(put), count,
                  static_cast<uint8_t*>(buffers[i].iov_base));
      put += count;
      if (count < buffers[i].iov_len) {
        break;
      }
    }
    ASSERT_NE(put, 0U) << "the connection wants input but has no room for it";
    bytes = bytes.subspan(put);
    connection.received(put);
    if (reading_) {
      drain();
    }
  }
}

namespace {

void append_digest(std::vector<uint8_t>& bytes, size_t from, bool damaged) {
  Crc32c crc;
  crc.add(base::Bytes(bytes).subspan(from));
  const auto digest = digest_bytes(damaged ? crc.value() ^ 0x100 : crc.value());
  bytes.insert(bytes.end(), digest.begin(), digest.end());
}

void check_digest(base::Bytes covered, base::Bytes digest, const char* what) {
  Crc32c crc;
  crc.add(covered);
  EXPECT_TRUE(is_digest(digest, crc.value())) << what << " digest is wrong";
}

}  // namespace

void Initiator::send(Header header, const std::vector<uint8_t>& data,
                     const std::vector<uint8_t>& ahs) {
  header.raw[4] = static_cast<uint8_t>(ahs.size() / 4);
  header.set_data_bytes(data.size());
  std::vector<uint8_t> bytes(header.raw.begin(), header.raw.end());
  bytes.insert(bytes.end(), ahs.begin(), ahs.end());
  if (active_.header) {
    append_digest(bytes, 0, damage == Damage::header);
  }
  const size_t data_begin = bytes.size();
  bytes.insert(bytes.end(), data.begin(), data.end());
  bytes.resize(padded(bytes.size()), 0xee);  // padding need not be zero
  if (active_.data && !data.empty()) {
    append_digest(bytes, data_begin, damage == Damage::data);
  }
  damage = Damage::none;
  feed(bytes);
}

void Initiator::drain() {
  std::array<iovec, 7> pieces;
  while (connection.has_output()) {
    const size_t used = connection.output(pieces);
    size_t count = 0;
    for (size_t i = 0; i < used; ++i) {
      const auto* const bytes = static_cast<const uint8_t*>(pieces[i].iov_base);
      // Not always everything, as a socket would do it.
      const size_t part = i + 1 == used ? (pieces[i].iov_len + 1) / 2 : pieces[i].iov_len;
      out_.insert(out_.end(), bytes, bytes + part);
      count += part;
    }
    connection.sent(count);
  }
}

Pdu Initiator::take() {
  drain();
  Pdu pdu;
  const base::Bytes sent = base::Bytes(out_).subspan(taken_);
  if (sent.size() < kHeaderBytes) {
    ADD_FAILURE() << "the connection has sent nothing";
    pdu.header.raw.fill(0xff);
    return pdu;
  }
  std::copy_n(sent.begin(), kHeaderBytes, pdu.header.raw.begin());
  const size_t data_bytes = pdu.header.data_bytes();
  const size_t data_begin = kHeaderBytes + (active_.header ? kDigestBytes : 0);
  const size_t data_end = data_begin + padded(data_bytes);
  const size_t total = data_end + (active_.data && data_bytes != 0 ? kDigestBytes : 0);
  EXPECT_GE(sent.size(), total);
  if (active_.header) {
    check_digest(sent.first(kHeaderBytes), base::slice(sent, kHeaderBytes, kDigestBytes), "header");
  }
  if (total != data_end) {
    check_digest(base::slice(sent, data_begin, padded(data_bytes)),
                 base::slice(sent, data_end, kDigestBytes), "data");
  }
  const base::Bytes data = base::slice(sent, data_begin, data_bytes);
  pdu.data.assign(data.begin(), data.end());
  taken_ += std::min(sent.size(), total);
  if (taken_ == out_.size()) {
    out_.clear();
    taken_ = 0;
  }
  return pdu;
}

bool Initiator::silent() {
  drain();
  return out_.empty();
}

Pdu Initiator::login_step(unsigned stage, unsigned next, const std::vector<uint8_t>& keys) {
  Header header;
  header.raw[0] = 0x40 | kLoginRequest;
  header.raw[1] = static_cast<uint8_t>((next != stage ? 0x80 | next : 0) | (stage << 2));
  header.raw[8] = 0x80;
  header.raw[13] = isid_last;
  base::store_be16(&header.raw[14], session_handle);
  base::store_be16(&header.raw[20], connection_id);
  header.set(16, 1);
  header.set(24, command_sn);
  header.set(28, 900);
  send(header, keys);
  return take();
}

void Initiator::login(std::initializer_list<std::string> keys) {
  const Pdu first =
      login_step(0, 1,
                 text({"InitiatorName=" + name, std::string("TargetName=") + kTargetName,
                       "SessionType=Normal", "AuthMethod=None"}));
  ASSERT_EQ(first.opcode(), kLoginResponse);
  ASSERT_EQ(first.header.raw[36], 0);
  std::vector<uint8_t> offer = text(keys);
  for (const uint8_t byte : text({digests.header ? "HeaderDigest=CRC32C" : "HeaderDigest=None",
                                  digests.data ? "DataDigest=CRC32C" : "DataDigest=None"})) {
    offer.push_back(byte);
  }
  const Pdu second = login_step(1, 3, offer);
  ASSERT_EQ(second.header.raw[1] & 0x83, 0x83) << "not in the full feature phase";
  session_handle = base::load_be16(&second.header.raw[14]);
  active_ = digests;
  ASSERT_TRUE(connection.logged_in());
  clear_attentions();
}

void Initiator::clear_attentions() {
  for (uint64_t lun = 0; lun < 2; ++lun) {
    for (int i = 0; i < 8; ++i) {
      command(scsi::make_test_unit_ready(), {}, 0, {}, lun << 48);
      if (take().scsi_status() == 0) {
        break;
      }
    }
  }
}

Header Initiator::request(uint8_t opcode, uint8_t flags, bool immediate) {
  Header header;
  header.raw[0] = static_cast<uint8_t>(opcode | (immediate ? 0x40 : 0));
  header.raw[1] = flags;
  header.set(16, next_tag++);
  header.set(20, kNoTag);
  header.set(24, command_sn);
  command_sn += immediate ? 0 : 1;
  return header;
}

uint32_t Initiator::command(const scsi::Cdb& cdb, Flags flags, uint32_t expected_bytes,
                            const std::vector<uint8_t>& immediate_data, uint64_t lun) {
  Header header = request(kScsiCommand,
                          static_cast<uint8_t>((flags.final ? 0x80 : 0) | (flags.read ? 0x40 : 0) |
                                               (flags.write ? 0x20 : 0) | 1),
                          flags.immediate);
  base::store_be64(&header.raw[8], lun);
  header.set(20, expected_bytes);
  std::copy_n(cdb.bytes.begin(), 16, header.raw.begin() + 32);
  send(header, immediate_data);
  return header.initiator_tag();
}

void Initiator::data_out(uint32_t tag, uint32_t transfer_tag, uint32_t data_sn, uint32_t offset,
                         const std::vector<uint8_t>& data, bool final) {
  Header header;
  header.raw[0] = kDataOut;
  header.raw[1] = final ? 0x80 : 0;
  header.set(16, tag);
  header.set(20, transfer_tag);
  header.set(36, data_sn);
  header.set(40, offset);
  send(header, data);
}

Pdu Initiator::manage(uint8_t function, uint64_t lun, uint32_t referenced_tag) {
  Header header = request(kTaskManagement, static_cast<uint8_t>(0x80 | function), true);
  base::store_be64(&header.raw[8], lun);
  header.set(20, referenced_tag);
  send(header);
  return take();
}

std::vector<uint8_t> Initiator::medium(uint64_t offset, size_t count, size_t lun) {
  std::vector<uint8_t> out(count);
  EXPECT_TRUE(world_.array->lun(lun).backing().read(offset, out));
  return out;
}

}  // namespace io::iscsi::testing
