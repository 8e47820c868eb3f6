// See ends.h.
#include "io/iscsi/initiator/testing/ends.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace io::iscsi::initiator::testing {

Parameters parameters() {
  Parameters wanted;
  wanted.initiator_name = "iqn.2026-11.test:host";
  wanted.isid = {0x80, 1, 2, 3, 4, 5};
  wanted.target = iscsi::testing::kTargetName;
  return wanted;
}

namespace {

std::unique_ptr<Command> make(const scsi::Cdb& cdb, mpio::Direction direction, size_t bytes,
                              size_t slice_bytes) {
  auto made = std::make_unique<Command>();
  made->bytes.assign(bytes, 0xee);
  const size_t step = slice_bytes == 0 ? std::max<size_t>(bytes, 1) : slice_bytes;
  for (size_t at = 0; at < bytes; at += step) {
    made->slices.push_back({made->bytes.data() + at, std::min(step, bytes - at)});
  }
  made->command.cdb = cdb;
  made->command.direction = direction;
  made->command.slices = made->slices;
  made->command.length_bytes = static_cast<uint32_t>(bytes);
  made->command.owner = made.get();
  return made;
}

}  // namespace

std::unique_ptr<Command> make_read(uint64_t lba, uint32_t blocks, size_t slice_bytes) {
  return make(scsi::make_read(lba, blocks), mpio::Direction::from_target, size_t{blocks} * 512,
              slice_bytes);
}

std::unique_ptr<Command> make_write(uint64_t lba, uint32_t blocks, uint8_t seed,
                                    size_t slice_bytes) {
  auto made = make(scsi::make_write(lba, blocks), mpio::Direction::to_target, size_t{blocks} * 512,
                   slice_bytes);
  const auto pattern = iscsi::testing::pattern(made->bytes.size(), seed);
  std::copy(pattern.begin(), pattern.end(), made->bytes.begin());
  return made;
}

std::unique_ptr<Command> make_ready() {
  return make(scsi::make_test_unit_ready(), mpio::Direction::none, 0, 0);
}

Header of_tag(uint8_t opcode, uint32_t tag) {
  Header header;
  header.raw[0] = opcode;
  header.raw[1] = 0x80;
  header.set(16, tag);
  header.set(20, kNoTag);
  return header;
}

void take_finished(Session& session) {
  while (mpio::TransportCommand* const command = session.take_finished()) {
    ++static_cast<Command*>(command->owner)->done;
  }
}

namespace {

// Puts bytes where whoever receives them wants them; returns how many there was room for.
size_t put(std::span<const iovec> buffers, base::Bytes bytes) {
  size_t done = 0;
  for (const iovec& buffer : buffers) {
    const size_t count = std::min(buffer.iov_len, bytes.size() - done);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), count,
                static_cast<uint8_t*>(buffer.iov_base));
    done += count;
  }
  return done;
}

std::vector<uint8_t> join(std::span<const iovec> pieces, size_t most) {
  std::vector<uint8_t> bytes;
  for (const iovec& piece : pieces) {
    const auto* const from = static_cast<const uint8_t*>(piece.iov_base);
    bytes.insert(bytes.end(), from, from + piece.iov_len);
  }
  bytes.resize(std::min(bytes.size(), most));
  return bytes;
}

}  // namespace

RealTarget::RealTarget(iscsi::testing::TestTarget& world, const Parameters& wanted, size_t chunk)
    : session(wanted),
      connection(*world.target, 0, {"198.51.100.7:4711", "203.0.113.9"}, *this),
      chunk_(chunk) {}

bool RealTarget::to_target() {
  std::array<iovec, 7> pieces;
  if (session.ended() || !session.has_output() || !connection.wants_input()) {
    return false;
  }
  const size_t used = session.output(pieces);
  if (used == 0) {
    return false;
  }
  const auto bytes = join(std::span(pieces).first(used), chunk_);
  std::array<iovec, 2> buffers;
  const size_t room = connection.input_buffers(buffers);
  const size_t moved = put(std::span(buffers).first(room), bytes);
  session.sent(moved);
  connection.received(moved);
  return true;
}

bool RealTarget::to_initiator() {
  std::array<iovec, 5> pieces;
  if (session.ended() || !connection.has_output()) {
    return false;
  }
  const size_t used = connection.output(pieces);
  const auto bytes = join(std::span(pieces).first(used), chunk_);
  std::array<iovec, 4> buffers;
  const size_t room = session.input_buffers(buffers);
  const size_t moved = put(std::span(buffers).first(room), bytes);
  connection.sent(moved);
  session.received(moved);
  return true;
}

void RealTarget::pump() {
  for (bool busy = true; busy;) {
    busy = to_target();
    busy = to_initiator() || busy;
  }
  take_finished(session);
}

void RealTarget::settle() {
  pump();
  ASSERT_TRUE(session.up()) << session.ending().text;
  for (int i = 0; i < 8; ++i) {
    const auto ready = make_ready();
    session.submit(ready->command);
    pump();
    ASSERT_EQ(ready->done, 1);
    if (ready->good()) {
      return;
    }
  }
  FAIL() << "the unit does not become ready";
}

namespace {

void append_digest(std::vector<uint8_t>& bytes, size_t from, bool damaged) {
  Crc32c crc;
  crc.add(base::Bytes(bytes).subspan(from));
  const auto digest = digest_bytes(damaged ? ~crc.value() : crc.value());
  bytes.insert(bytes.end(), digest.begin(), digest.end());
}

}  // namespace

Pdu PlayedTarget::take() {
  std::array<iovec, 64> pieces;
  while (!session.ended() && session.has_output()) {
    const size_t used = session.output(pieces);
    const auto bytes = join(std::span(pieces).first(used), SIZE_MAX);
    if (used == 0) {
      break;
    }
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    session.sent(bytes.size());
  }
  Pdu pdu;
  if (out_.size() < kHeaderBytes) {
    ADD_FAILURE() << "the session has sent nothing";
    pdu.header.raw.fill(0xff);
    return pdu;
  }
  std::copy_n(out_.begin(), kHeaderBytes, pdu.header.raw.begin());
  const size_t begin = kHeaderBytes + (digests.header ? kDigestBytes : 0);
  const size_t count = pdu.header.data_bytes();
  const size_t end = begin + padded(count) + (digests.data && count != 0 ? kDigestBytes : 0);
  EXPECT_GE(out_.size(), end);
  pdu.data.assign(out_.begin() + static_cast<std::ptrdiff_t>(begin),
                  out_.begin() + static_cast<std::ptrdiff_t>(begin + count));
  if (digests.data && count != 0) {
    Crc32c crc;
    crc.add(base::Bytes(out_).subspan(begin, padded(count)));
    EXPECT_TRUE(
        is_digest(base::Bytes(out_).subspan(end - kDigestBytes, kDigestBytes), crc.value()));
  }
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(end));
  if (pdu.opcode() == kLoginRequest) {
    last_login_ = pdu;
  } else if (pdu.opcode() != kDataOut && !pdu.header.immediate()) {
    command_number = pdu.header.command_sn() + 1;
  }
  return pdu;
}

bool PlayedTarget::silent() {
  return out_.empty() && !session.has_output();
}

void PlayedTarget::send_raw(base::Bytes bytes) {
  while (!bytes.empty() && !session.ended()) {
    std::array<iovec, 3> buffers;
    const size_t room = session.input_buffers(buffers);
    const size_t moved = put(std::span(buffers).first(room), bytes);
    bytes = bytes.subspan(moved);
    session.received(moved);
  }
  take_finished(session);
}

void PlayedTarget::send(Header header, const std::vector<uint8_t>& data, bool takes_number) {
  send_raw(wire(header, data, takes_number));
}

std::vector<uint8_t> PlayedTarget::wire(Header header, const std::vector<uint8_t>& data,
                                        bool takes_number) {
  header.set_data_bytes(data.size());
  header.set(24, status_number);
  status_number += takes_number ? 1 : 0;
  header.set(28, command_number);
  header.set(32, command_number + window - 1);
  std::vector<uint8_t> bytes(header.raw.begin(), header.raw.end());
  if (digests.header) {
    append_digest(bytes, 0, damage_header);
  }
  const size_t begin = bytes.size();
  bytes.insert(bytes.end(), data.begin(), data.end());
  bytes.resize(begin + padded(data.size()));
  if (digests.data && !data.empty()) {
    append_digest(bytes, begin, damage_data);
  }
  return bytes;
}

void PlayedTarget::answer_login(std::initializer_list<std::string> keys,
                                std::optional<uint8_t> flags, uint16_t status) {
  Header header = last_login_.header;
  header.raw[0] = kLoginResponse;
  header.raw[1] = flags.value_or(last_login_.flags());
  header.set(36, 0);
  base::store_be16(&header.raw[36], status);
  send(header, iscsi::testing::text(keys));
}

void PlayedTarget::login(std::initializer_list<std::string> keys) {
  take();
  answer_login({"AuthMethod=None", "TargetPortalGroupTag=1"});
  take();
  answer_login(keys);
  ASSERT_TRUE(session.up()) << session.ending().text;
}

void PlayedTarget::respond(const Pdu& command, uint8_t status, uint8_t flags,
                           const std::vector<uint8_t>& sense, uint32_t residual) {
  Header header;
  header.raw[0] = kScsiResponse;
  header.raw[1] = flags;
  header.raw[3] = status;
  header.set(16, command.header.initiator_tag());
  header.set(44, residual);
  send(header, sense);
}

Header PlayedTarget::data_in(const Pdu& command, uint32_t data_sn, uint32_t offset,
                             uint8_t flags) const {
  Header header;
  header.raw[0] = kDataIn;
  header.raw[1] = flags;
  header.set(16, command.header.initiator_tag());
  header.set(20, kNoTag);
  header.set(36, data_sn);
  header.set(40, offset);
  return header;
}

Header PlayedTarget::r2t(const Pdu& command, uint32_t sn, uint32_t offset, uint32_t bytes,
                         uint32_t transfer_tag) const {
  Header header;
  header.raw[0] = kReadyToTransfer;
  header.raw[1] = 0x80;
  header.set(16, command.header.initiator_tag());
  header.set(20, transfer_tag);
  header.set(36, sn);
  header.set(40, offset);
  header.set(44, bytes);
  return header;
}

std::string PlayedTarget::violation() const {
  return session.ending().why == Ending::Why::violation ? session.ending().text : "";
}

}  // namespace io::iscsi::initiator::testing
