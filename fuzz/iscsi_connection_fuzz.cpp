// Everything a stranger can say to the iSCSI target: raw bytes, login texts, and sequences of PDUs
// on two sessions that share an array, with the array's own faults in between. Nothing may crash,
// hang, or break the numbering.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/timer_queue.h"
#include "fuzz/input.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi/connection.h"

namespace {

using fuzz::Input;
using io::iscsi::Connection;
using io::iscsi::Header;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

class Clock final : public base::Scheduler {
 public:
  uint64_t now_ns() const override { return now_; }
  void arm(base::Timer& timer, uint64_t due_ns) override { timers_.arm(timer, due_ns); }
  void cancel(base::Timer& timer) override { timers_.cancel(timer); }
  void advance(uint64_t ns) {
    now_ += ns;
    while (!timers_.empty() && timers_.next_due_ns() <= now_) {
      timers_.pop().fire();
    }
  }

 private:
  base::TimerQueue timers_;
  uint64_t now_ = 1;
};

// One session and what its initiator knows: the next CmdSN, the last R2T.
class Session final : public io::iscsi::ConnectionHost {
 public:
  Session(io::iscsi::Target& target, unsigned port, size_t chunk)
      : chunk_(chunk), connection_(target, port, {"peer", "192.0.2.1"}, *this) {}

  void on_output() override {}
  void on_reset() override { reset_ = true; }

  void feed(base::Bytes bytes) {
    while (!bytes.empty() && connection_.wants_input()) {
      std::array<iovec, 2> buffers;
      const size_t used = connection_.input_buffers(buffers);
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
      require(put != 0);
      bytes = bytes.subspan(put);
      connection_.received(put);
      require(!reset_ || (connection_.over() && !connection_.has_output()));
    }
  }

  void login(const std::string& stage_keys, uint8_t stages, bool with_names) {
    std::string text;
    if (with_names) {
      text = std::string("InitiatorName=iqn.x\0TargetName=iqn.t\0AuthMethod=None\0", 53);
    }
    text += stage_keys;
    Header header;
    header.raw[0] = 0x40 | io::iscsi::kLoginRequest;
    header.raw[1] = stages;
    send(header, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, true);
  }

  void send(Header header, base::Bytes data, bool honest) {
    if (honest) {
      header.raw[4] = 0;
      header.set_data_bytes(data.size());
    }
    std::vector<uint8_t> bytes(header.raw.begin(), header.raw.end());
    if (digests_.header) {
      append_digest(bytes, 0);
    }
    const size_t data_begin = bytes.size();
    bytes.insert(bytes.end(), data.begin(), data.end());
    bytes.resize(io::iscsi::padded(bytes.size()));
    if (digests_.data && !data.empty()) {
      append_digest(bytes, data_begin);
    }
    feed(bytes);
  }
  // Agreed on at the login that is over now.
  void use(const io::iscsi::Digests& digests) { digests_ = digests; }
  // The next digest sent is wrong.
  void spoil_digest() { spoil_ = true; }

  // A PDU of the fuzzer's header, with the fields made right that it could hardly guess.
  void send_mended(Header header, base::Bytes data, uint8_t mend) {
    if ((mend & 1) != 0) {
      header.set(24, command_sn_);
    }
    if ((mend & 2) != 0) {  // the answer to the last R2T
      header.raw[0] = io::iscsi::kDataOut;
      header.set(16, r2t_tag_);
      header.set(20, r2t_transfer_tag_);
      header.set(36, data_sn_);
      header.set(40, r2t_offset_);
      ++data_sn_;
      r2t_offset_ += static_cast<uint32_t>(data.size());
    }
    if ((mend & 4) != 0) {
      header.raw[16] = header.raw[17] = header.raw[18] = 0;  // few tags, so that they meet
    }
    if ((mend & 8) != 0) {
      header.raw[20] = header.raw[21] = 0;  // a length that can be meant
    }
    send(header, data, (mend & 0x80) == 0);
  }

  void drain() {
    std::array<iovec, 16> pieces;
    while (connection_.has_output()) {
      const size_t used = connection_.output(pieces);
      require(used != 0);
      size_t total = 0;
      for (size_t i = 0; i < used; ++i) {
        const auto* const bytes = static_cast<const uint8_t*>(pieces[i].iov_base);
        out_.insert(out_.end(), bytes, bytes + pieces[i].iov_len);
        total += pieces[i].iov_len;
      }
      connection_.sent(total);
      read_answers();
    }
  }

  void ping() { connection_.ping(); }

 private:
  void append_digest(std::vector<uint8_t>& bytes, size_t from) {
    io::iscsi::Crc32c crc;
    crc.add(base::Bytes(bytes).subspan(from));
    for (const uint8_t byte : io::iscsi::digest_bytes(crc.value() ^ (spoil_ ? 1U : 0U))) {
      bytes.push_back(byte);
    }
    spoil_ = false;
  }

  void read_answers() {
    size_t at = 0;
    while (out_.size() - at >= io::iscsi::kHeaderBytes) {
      Header header;
      std::copy_n(out_.begin() + static_cast<std::ptrdiff_t>(at), io::iscsi::kHeaderBytes,
                  header.raw.begin());
      const size_t data_begin =
          io::iscsi::kHeaderBytes + (digests_.header ? io::iscsi::kDigestBytes : 0);
      const size_t data_end = data_begin + io::iscsi::padded(header.data_bytes());
      const bool data_digest = digests_.data && header.data_bytes() != 0;
      const size_t total = data_end + (data_digest ? io::iscsi::kDigestBytes : 0);
      if (out_.size() - at < total) {
        break;
      }
      const base::Bytes pdu = base::Bytes(out_).subspan(at, total);
      if (digests_.header) {
        check_digest(pdu.first(io::iscsi::kHeaderBytes), pdu.subspan(io::iscsi::kHeaderBytes, 4));
      }
      if (data_digest) {
        check_digest(pdu.subspan(data_begin, data_end - data_begin), pdu.subspan(data_end));
      }
      at += total;
      check(header);
    }
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  static void check_digest(base::Bytes covered, base::Bytes digest) {
    io::iscsi::Crc32c crc;
    crc.add(covered);
    require(io::iscsi::is_digest(digest, crc.value()));
  }

  void check(const Header& header) {
    require(header.opcode() >= io::iscsi::kNopIn);
    require(header.data_bytes() <= io::iscsi::kMaxBurstBytes);
    command_sn_ = header.field(28);
    // MaxCmdSN: never below ExpCmdSN - 1, never more than the window ahead.
    const int32_t open = io::iscsi::serial_difference(header.field(32), command_sn_) + 1;
    require(open >= 0 && open <= static_cast<int32_t>(io::iscsi::kCommandWindow));
    if (header.opcode() == io::iscsi::kReadyToTransfer) {
      require(header.field(44) != 0);
      r2t_tag_ = header.initiator_tag();
      r2t_transfer_tag_ = header.field(20);
      r2t_offset_ = header.field(40);
      data_sn_ = 0;
    }
  }

  size_t chunk_;
  bool reset_ = false;
  io::iscsi::Digests digests_;
  bool spoil_ = false;
  uint32_t command_sn_ = 0;
  uint32_t r2t_tag_ = 0;
  uint32_t r2t_transfer_tag_ = 0;
  uint32_t r2t_offset_ = 0;
  uint32_t data_sn_ = 0;
  std::vector<uint8_t> out_;
  Connection connection_;
};

struct World {
  World() {
    array::Config config;
    config.ports = {{.controller = 0}, {.controller = 1}};
    config.luns = {{.size_bytes = 256U << 10}, {.size_bytes = 4096}};
    config.target_name = "iqn.t";
    config.symmetric = true;
    std::string error;
    array = array::Array::create(config, clock, error);
    device.emplace(*array);
    target.emplace(io::iscsi::Target{.device = *device,
                                     .name = "iqn.t",
                                     .portals = {{"192.0.2.1", 3260}, {"", 3261}},
                                     .chap = {},
                                     .chap_mutual = {},
                                     .connections = {}});
  }
  Clock clock;
  std::unique_ptr<array::Array> array;
  std::optional<io::iscsi::ArrayDevice> device;
  std::optional<io::iscsi::Target> target;
};

void raw_bytes(Input& input) {
  World world;
  Session session(*world.target, 0, 1 + size_t{input.byte()});
  session.feed(input.rest());
  session.drain();
}

void login_texts(Input& input) {
  World world;
  if ((input.byte() & 1) != 0) {
    world.target->chap = {"user", "secret"};
    world.target->chap_mutual = {"array", "other"};
  }
  Session session(*world.target, 0, SIZE_MAX);
  while (!input.empty()) {
    Header header;
    header.raw[0] = 0x40 | io::iscsi::kLoginRequest;
    header.raw[1] = input.byte();
    session.send(header, input.take(input.byte()), true);
    session.drain();
  }
}

void array_event(World& world, uint8_t what) {
  switch (what % 8) {
    case 0:
      world.clock.advance(1000);
      break;
    case 1:
      world.array->port_faults(0).delay_ns = 500;
      break;
    case 2:
      world.array->port_faults(0).delay_ns = 0;
      break;
    case 3:
      world.array->freeze_controller(1, true);
      break;
    case 4:
      world.array->freeze_controller(1, false);
      break;
    case 5:
      world.array->port_faults(1).drop_replies = 1;
      break;
    case 6:
      world.array->crash_controller(1);
      break;
    case 7:
      world.array->restart_controller(1);
      break;
    default:
      break;
  }
}

void sessions(Input& input) {
  constexpr const char* kKeys[] = {"", "InitialR2T=No", "ImmediateData=No", "MaxBurstLength=512"};
  World world;
  const uint8_t shape = input.byte();
  const auto begin = [&](unsigned port) {
    auto session = std::make_unique<Session>(*world.target, port, (shape & 4) != 0 ? 7 : SIZE_MAX);
    session->login("", 0x81, true);
    std::string keys = kKeys[shape & 3];
    keys.push_back('\0');
    const io::iscsi::Digests digests{.header = (shape & 8) != 0, .data = (shape & 16) != 0};
    keys += digests.header ? "HeaderDigest=CRC32C" : "HeaderDigest=None";
    keys.push_back('\0');
    keys += digests.data ? "DataDigest=CRC32C" : "DataDigest=None";
    session->login(keys, 0x87, false);
    session->drain();
    session->use(digests);
    return session;
  };
  std::array<std::unique_ptr<Session>, 2> both = {begin(0), begin(1)};
  while (!input.empty()) {
    const uint8_t step = input.byte();
    std::unique_ptr<Session>& session = both[step & 1];
    switch (step >> 5) {
      case 0:
        array_event(world, input.byte());
        break;
      case 1:
        session = begin(step & 1);
        break;  // the old one lives until the new one is logged in
      case 2:
        (step & 8) != 0 ? session->spoil_digest() : session->ping();
        break;
      case 3:
        session->feed(input.take(input.byte()));
        break;
      default: {
        Header header;
        const base::Bytes bytes = input.take(io::iscsi::kHeaderBytes);
        std::copy(bytes.begin(), bytes.end(), header.raw.begin());
        const uint8_t mend = input.byte();
        const size_t count = size_t{input.byte()} * ((step & 2) != 0 ? 4 : 1);
        session->send_mended(header, input.take(count), mend);
      }
    }
    if ((step & 4) == 0) {
      both[0]->drain();
      both[1]->drain();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  switch (input.byte() % 4) {
    case 0:
      raw_bytes(input);
      break;
    case 1:
      login_texts(input);
      break;
    default:
      sessions(input);
  }
  return 0;
}
