// The initiator's session alone, without a socket: a target that knows the rules and breaks them
// one at a time, at any state of what has been sent. Every command comes back exactly once; its
// buffer is freed that moment, so that the address sanitizer sees who still reads or writes it; and
// memory stays bounded.
#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/input.h"
#include "io/iscsi/initiator/session.h"

namespace {

using fuzz::Input;
using io::iscsi::Header;
using io::iscsi::initiator::DigestChoice;
using io::iscsi::initiator::Parameters;
using io::iscsi::initiator::Session;
using scsi::TaskFunction;
using namespace std::string_view_literals;

constexpr size_t kMaxSteps = 200;
constexpr size_t kMaxCommands = 40;

struct Command {
  mpio::TransportCommand command;
  std::unique_ptr<uint8_t[]> buffer;  // exactly as long as it says
  std::vector<mpio::IoSlice> slices;
  bool done = false;
};

Parameters wanted_of(uint8_t shape) {
  Parameters wanted;
  wanted.initiator_name = "iqn.2026-11.test.dsmkit:initiator";
  wanted.target = (shape & 1) != 0 ? "" : "iqn.2026-11.test.dsmkit:hostile";
  if ((shape & 2) != 0) {
    wanted.chap = {"alice", "what-alice-knows"};
  }
  if ((shape & 6) == 6) {
    wanted.chap_of_target = {"array", "what-the-array-knows"};
  }
  wanted.header_digest = (shape & 8) != 0 ? DigestChoice::crc32c : DigestChoice::none;
  wanted.data_digest = (shape & 16) != 0 ? DigestChoice::crc32c : DigestChoice::none;
  return wanted;
}

class Play {
 public:
  explicit Play(uint8_t shape) : shape_(shape), session_(wanted_of(shape)) {
    drain(SIZE_MAX);
    if ((shape & 0x22) == 0) {  // else the input logs in
      answer_login("AuthMethod=None\0"sv);
      drain(SIZE_MAX);
      answer_login(operational());
      digests_ = {.header = (shape & 8) != 0, .data = (shape & 16) != 0};
      BASE_ASSERT(session_.up());
    }
  }

  void run(Input& input) {
    for (size_t steps = 0; !input.empty() && steps < kMaxSteps; ++steps) {
      const uint8_t step = input.byte();
      if (step < 140) {
        if (!session_.ended()) {
          say(input, step);
        }
      } else if (step < 200) {
        submit(step);
      } else if (step < 230) {
        drain(step < 215 ? SIZE_MAX : input.byte() * size_t{37});
      } else {
        ask(step);
      }
      take_finished();
    }
    session_.take_back(mpio::Delivery::link_lost);
    take_finished();
    BASE_ASSERT(session_.idle() && !session_.has_output());
    for (const auto& command : commands_) {
      BASE_ASSERT(command->done);
    }
  }

 private:
  std::string_view operational() const {
    constexpr std::array kAnswers = {
        "HeaderDigest=None\0DataDigest=None\0InitialR2T=No\0MaxOutstandingR2T=3\0"
        "MaxRecvDataSegmentLength=1024\0MaxBurstLength=8192\0FirstBurstLength=4096\0"sv,
        "HeaderDigest=CRC32C\0DataDigest=None\0MaxBurstLength=65536\0"sv,
        "HeaderDigest=None\0DataDigest=CRC32C\0ImmediateData=No\0InitialR2T=No\0"sv,
        "HeaderDigest=CRC32C\0DataDigest=CRC32C\0MaxRecvDataSegmentLength=512\0"sv};
    return kAnswers[(shape_ >> 3) & 3];
  }

  void answer_login(std::string_view keys) {
    Header header;
    header.raw = login_.raw;
    header.raw[0] = io::iscsi::kLoginResponse;
    header.set(36, 0);
    send(header, {reinterpret_cast<const uint8_t*>(keys.data()), keys.size()}, true, false);
  }

  // Lengths, numbers and digests are right, unless `damaged`.
  void send(Header header, base::Bytes data, bool takes_number, bool damaged) {
    header.set_data_bytes(data.size());
    header.set(24, status_number_);
    status_number_ += takes_number ? 1 : 0;
    header.set(28, command_number_);
    header.set(32, command_number_ + 15);
    std::vector<uint8_t> bytes(header.raw.begin(), header.raw.end());
    const auto add_digest = [&](size_t from) {
      io::iscsi::Crc32c crc;
      crc.add(base::Bytes(bytes).subspan(from));
      const auto digest = io::iscsi::digest_bytes(damaged ? ~crc.value() : crc.value());
      bytes.insert(bytes.end(), digest.begin(), digest.end());
    };
    if (digests_.header) {
      add_digest(0);
    }
    const size_t begin = bytes.size();
    bytes.insert(bytes.end(), data.begin(), data.end());
    bytes.resize(begin + io::iscsi::padded(data.size()));
    if (digests_.data && !data.empty()) {
      add_digest(begin);
    }
    send_raw(bytes);
  }

  void send_raw(base::Bytes bytes) {
    while (!bytes.empty() && !session_.ended()) {
      std::array<iovec, 3> buffers;
      const size_t room = session_.input_buffers(buffers);
      size_t moved = 0;
      for (size_t i = 0; i < room && moved < bytes.size(); ++i) {
        const size_t count = std::min(buffers[i].iov_len, bytes.size() - moved);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(moved), count,
                    static_cast<uint8_t*>(buffers[i].iov_base));
        moved += count;
      }
      BASE_ASSERT(moved != 0);
      bytes = bytes.subspan(moved);
      session_.received(moved);
    }
  }

  void say(Input& input, uint8_t step) {
    if (step == 0) {
      send_raw(input.take(input.byte()));
      return;
    }
    if (step < 8) {
      const base::Bytes keys = input.take(input.byte());
      answer_login({reinterpret_cast<const char*>(keys.data()), keys.size()});
      return;
    }
    constexpr std::array<uint8_t, 12> kOpcodes = {0x25, 0x25, 0x25, 0x31, 0x31, 0x21,
                                                  0x20, 0x22, 0x24, 0x26, 0x32, 0x3f};
    Header header;
    header.raw[0] = kOpcodes[step % kOpcodes.size()];
    header.raw[1] = input.byte();
    const uint8_t which = input.byte();
    header.set(16, which < 200 ? tag(which & 15) : (which < 240 ? io::iscsi::kNoTag : which));
    const uint8_t wrong = input.byte();  // 0 mostly
    fill(header, input, wrong);
    const base::Bytes data = input.take(input.byte() * size_t{(wrong & 64) != 0 ? 16U : 2U});
    const bool data_in = header.opcode() == io::iscsi::kDataIn;
    const bool asks = header.opcode() == io::iscsi::kReadyToTransfer ||
                      header.initiator_tag() == io::iscsi::kNoTag;
    const bool counts = data_in ? (header.flags() & 1) != 0 : !asks || header.opcode() >= 0x32;
    send(header, data, counts, (wrong & 128) != 0);
  }

  void fill(Header& header, Input& input, uint8_t wrong) {
    header.raw[2] = (wrong & 1) != 0 ? input.byte() : 0;
    header.raw[3] = (wrong & 2) != 0 ? input.byte() : 0;
    header.set(20, (wrong & 4) != 0 ? input.byte() : 0x77);
    header.set(36, input.byte() & 7U);
    header.set(40, input.byte() * 64U);
    header.set(44, input.byte() * 64U);
    if ((wrong & 8) != 0) {
      header.set(36, base::load_be32(&header.raw[36]) << 24);
    }
    if ((wrong & 16) != 0) {
      header.set(40, ~base::load_be32(&header.raw[40]));
    }
    if ((wrong & 32) != 0) {
      header.set(44, ~base::load_be32(&header.raw[44]));
    }
  }

  uint32_t tag(size_t number) const {
    return tags_.empty() ? 0 : tags_[tags_.size() - 1 - std::min(number, tags_.size() - 1)];
  }

  // Takes what the session shows, up to `most` bytes of it, and looks at all that is shown.
  void drain(size_t most) {
    for (int turn = 0; turn < 64 && session_.has_output(); ++turn) {
      std::array<iovec, 9> pieces;
      const size_t used = session_.output(pieces);
      size_t taken = 0;
      for (size_t i = 0; i < used && taken < most; ++i) {
        const size_t count = std::min(pieces[i].iov_len, most - taken);
        const auto* const from = static_cast<const uint8_t*>(pieces[i].iov_base);
        out_.insert(out_.end(), from, from + count);
        taken += count;
      }
      session_.sent(taken);
      if (taken == 0 || taken == most) {
        break;
      }
    }
    read_requests();
  }

  void read_requests() {
    size_t at = 0;
    while (out_.size() - at >= io::iscsi::kHeaderBytes) {
      Header header;
      std::copy_n(out_.begin() + static_cast<std::ptrdiff_t>(at), header.raw.size(),
                  header.raw.begin());
      const size_t data = io::iscsi::padded(header.data_bytes());
      const size_t size = io::iscsi::kHeaderBytes + (digests_.header ? 4 : 0) + data +
                          (digests_.data && data != 0 ? 4 : 0);
      BASE_ASSERT(header.opcode() <= io::iscsi::kLogoutRequest);  // framing has stayed right
      if (out_.size() - at < size) {
        break;
      }
      at += size;
      if (header.opcode() == io::iscsi::kLoginRequest) {
        login_ = header;
      } else if (header.opcode() != io::iscsi::kDataOut) {
        tags_.push_back(header.initiator_tag());
        command_number_ = header.command_sn() + (header.immediate() ? 0 : 1);
      }
    }
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void ask(uint8_t step) {
    if (!session_.up()) {
      return;
    }
    switch (step % 6) {
      case 0:
        session_.ping();
        break;
      case 1:
        static_cast<void>(session_.manage(TaskFunction::logical_unit_reset));
        break;
      case 2:
        if (!commands_.empty()) {
          static_cast<void>(session_.manage(TaskFunction::abort_task, &commands_.back()->command));
        }
        break;
      case 3:
        if (session_.idle()) {
          session_.logout();
        }
        break;
      case 4:
        if (!asked_) {
          asked_ = true;
          session_.send_targets();
        }
        break;
      default:
        static_cast<void>(session_.take_function_response());
    }
  }

  void submit(uint8_t what) {
    if (!session_.up() || commands_.size() == kMaxCommands) {
      return;
    }
    Command& made = *commands_.emplace_back(std::make_unique<Command>());
    const uint32_t blocks = 1 + what % 5 * 9;
    const size_t bytes = what % 3 == 0 ? 0 : size_t{blocks} * 512;
    made.command.owner = &made;
    made.command.length_bytes = static_cast<uint32_t>(bytes);
    made.buffer = std::make_unique<uint8_t[]>(bytes);
    const size_t step = 100 + what % 7 * size_t{300};
    for (size_t at = 0; at < bytes; at += step) {
      made.slices.push_back({made.buffer.get() + at, std::min(step, bytes - at)});
    }
    made.command.slices = made.slices;
    made.command.direction = what % 3 == 0   ? mpio::Direction::none
                             : what % 3 == 1 ? mpio::Direction::from_target
                                             : mpio::Direction::to_target;
    made.command.cdb = scsi::make_test_unit_ready();
    session_.submit(made.command);
  }

  void take_finished() {
    while (mpio::TransportCommand* const command = session_.take_finished()) {
      Command& done = *static_cast<Command*>(command->owner);
      BASE_ASSERT(!done.done);
      BASE_ASSERT(command->residual_bytes <= command->length_bytes);
      BASE_ASSERT(command->sense_bytes <= command->sense.size());
      done.done = true;
      done.buffer.reset();
      done.slices = {};
    }
  }

  uint8_t shape_;
  io::iscsi::Digests digests_;
  uint32_t status_number_ = 100;
  uint32_t command_number_ = 1;
  bool asked_ = false;
  Header login_;
  std::vector<uint32_t> tags_;
  std::vector<uint8_t> out_;
  std::vector<std::unique_ptr<Command>> commands_;
  Session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  Play play(input.byte());
  play.run(input);
  return 0;
}
