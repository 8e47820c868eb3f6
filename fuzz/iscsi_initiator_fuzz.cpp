// Everything a target can say to the initiator: logins, answers and data that nobody asked for,
// over a real connection to 127.0.0.1, played by this process. Every command comes back exactly
// once, nothing is heard after drop(), and nothing is written outside the buffers. The session
// alone, without sockets and so much faster, is iscsi_session_fuzz's.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/hostile_target.h"
#include "fuzz/input.h"
#include "io/event_loop.h"
#include "io/iscsi_discovery.h"
#include "io/iscsi_transport.h"
#include "io/iscsi_url.h"

namespace {

using fuzz::HostileTarget;
using fuzz::Input;
using io::test::Pdu;
using namespace std::string_view_literals;

constexpr size_t kMaxSteps = 60;
constexpr size_t kMaxCommands = 12;

// One thread and one target for all inputs: what an input leaves behind must not disturb the next.
struct World {
  io::EventLoop loop;
  HostileTarget target;
};
World& world() {
  static World* const only = new World;  // the loop has signal handlers to the end
  return *only;
}

void run_a_little() {
  for (int turn = 0; turn < 2; ++turn) {
    world().loop.run_once(0);
    world().target.listen_up();
  }
  world().loop.run_once(0);
}

struct Command {
  mpio::TransportCommand command;
  std::vector<uint8_t> buffer;
  std::array<mpio::IoSlice, 2> slices;
  int done = 0;
};

class Handler final : public mpio::TransportHandler {
 public:
  void on_login_done(mpio::LinkResult result, std::string_view detail) override {
    BASE_ASSERT(!silent && logging_in);
    BASE_ASSERT((result == mpio::LinkResult::ok) == detail.empty());
    logging_in = false;
    up = result == mpio::LinkResult::ok;
  }
  void on_command_done(mpio::TransportCommand& command) override {
    Command& done = *static_cast<Command*>(command.owner);
    ++done.done;
    BASE_ASSERT(done.done == 1 && !silent);
    BASE_ASSERT(command.residual_bytes <= command.length_bytes);
    BASE_ASSERT(command.sense_bytes <= command.sense.size());
  }
  void on_link_lost(mpio::LinkResult, std::string_view detail) override {
    BASE_ASSERT(!silent && up && !detail.empty());
    up = false;
  }
  void on_heard() override { BASE_ASSERT(!silent && up); }

  bool logging_in = false;
  bool up = false;
  bool silent = false;  // nothing may come any more
};

io::IscsiPathConfig config_of(uint8_t shape) {
  io::IscsiPathConfig config;
  config.host = "127.0.0.1";
  config.port = world().target.port();
  config.target = "iqn.2026-11.test.dsmkit:hostile";
  if ((shape & 2) != 0) {
    config.user = "alice";
    config.password = "what-alice-knows";
  }
  if ((shape & 6) == 6) {
    config.target_user = "array";
    config.target_password = "what-the-array-knows";
  }
  if ((shape & 8) != 0) {
    config.header_digest = io::DigestChoice::crc32c;
  }
  if ((shape & 32) != 0) {
    config.data_digest = io::DigestChoice::crc32c;
  }
  io::set_initiator(config, "iqn.2026-11.test.dsmkit:initiator", 0);
  return config;
}

std::string_view text_of(base::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void answer_login_well() {
  const Pdu* request = world().target.login();
  if (request == nullptr) {
    return;
  }
  const bool security = (request->header[1] & 0x0c) == 0;
  world().target.answer_login(
      security ? "AuthMethod=None\0TargetPortalGroupTag=1\0"sv
               : "HeaderDigest=None\0DataDigest=None\0InitialR2T=No\0ImmediateData=Yes\0"
                 "MaxRecvDataSegmentLength=8192\0MaxBurstLength=65536\0FirstBurstLength=8192\0"
                 "DefaultTime2Wait=0\0DefaultTime2Retain=0\0MaxOutstandingR2T=1\0"
                 "ErrorRecoveryLevel=0\0"sv,
      0);
}

// A PDU of the input's bytes, with those fields made right that it could hardly guess.
void send_mended(Input& input) {
  constexpr std::array<uint8_t, 10> kOpcodes = {0x20, 0x21, 0x22, 0x23, 0x24,
                                                0x25, 0x26, 0x31, 0x32, 0x3f};
  const uint8_t mend = input.byte();
  Pdu pdu;
  const base::Bytes header = input.take(pdu.header.size());
  std::copy(header.begin(), header.end(), pdu.header.begin());
  const base::Bytes data = input.take(input.byte() * size_t{(mend & 16) != 0 ? 8U : 1U});
  pdu.data.assign(data.begin(), data.end());
  if ((mend & 1) == 0) {
    const uint32_t tag = world().target.tag(pdu.header[16] & 3);
    pdu.set_word(16, tag);
  }
  if ((mend & 2) == 0) {
    pdu.header[0] = kOpcodes[pdu.header[0] % kOpcodes.size()];
  }
  if ((mend & 4) == 0) {
    pdu.header[4] = 0;  // no additional headers
  }
  if ((mend & 8) == 0) {  // offsets and lengths within reach
    pdu.set_word(40, pdu.word(40) & 0x3fff);
    pdu.set_word(44, pdu.word(44) & 0x3fff);
  }
  if ((mend & 32) == 0) {
    world().target.send_honest(pdu);
  } else {
    world().target.send_raw(pdu.header);
    world().target.send_raw(pdu.data);
  }
}

void answer_login(Input& input) {
  const uint16_t status = (input.byte() & 3) != 0 ? 0 : static_cast<uint16_t>(input.byte() << 8);
  const std::string keys(text_of(input.take(input.byte())));
  world().target.answer_login(keys, status | (status != 0 ? input.byte() : 0U));
}

// What the target does next. False: nothing of the target's.
bool act(Input& input, uint8_t step) {
  switch (step % 8) {
    case 0:
      answer_login_well();
      return true;
    case 1:
    case 2:
      send_mended(input);
      return true;
    case 3:
      world().target.send_raw(input.take(input.byte()));
      return true;
    case 4:
      answer_login(input);
      return true;
    case 5:
      if ((step & 8) != 0) {
        world().target.hang_up((step & 16) != 0);
        return true;
      }
      return false;
    default:
      return false;
  }
}

class Session {
 public:
  explicit Session(uint8_t shape)
      : transport_(std::make_unique<io::IscsiTransport>(world().loop, config_of(shape))) {
    transport_->set_handler(handler_);
    log_in();
    if ((shape & 16) == 0) {
      for (int round = 0; round < 4; ++round) {
        run_a_little();
        answer_login_well();
      }
    }
    run_a_little();
  }

  void play(Input& input) {
    for (size_t steps = 0; !input.empty() && steps < kMaxSteps; ++steps) {
      const uint8_t step = input.byte();
      if (!act(input, step)) {
        initiate(input, step);
      }
      if ((step & 128) == 0) {
        run_a_little();
      }
    }
  }

  void end() {
    transport_->drop();
    handler_.up = handler_.logging_in = false;
    transport_.reset();
    handler_.silent = true;
    world().target.hang_up(true);
    run_a_little();
    for (const auto& command : commands_) {
      BASE_ASSERT(command->done == 1);
    }
  }

 private:
  void log_in() {
    handler_.logging_in = true;
    transport_->start_login();
  }

  void initiate(Input& input, uint8_t step) {
    switch ((step >> 3) % 8) {
      case 0:
        static_cast<void>(transport_->send_nop());
        break;
      case 1:
        transport_->drop();
        handler_.up = handler_.logging_in = false;
        break;
      case 2:
        if (!handler_.up && !handler_.logging_in && !leaving_) {
          log_in();
        }
        break;
      case 3:
        if (handler_.up && !leaving_ && std::all_of(commands_.begin(), commands_.end(), is_done)) {
          leaving_ = true;
          transport_->logout();
        }
        break;
      default:
        submit(input.byte());
    }
    leaving_ &= handler_.up;
  }

  static bool is_done(const std::unique_ptr<Command>& command) { return command->done != 0; }

  void submit(uint8_t what) {
    if (commands_.size() == kMaxCommands || leaving_) {
      return;
    }
    Command& made = *commands_.emplace_back(std::make_unique<Command>());
    mpio::TransportCommand& command = made.command;
    const uint32_t blocks = 1 + (what >> 2) % 32;
    command.owner = &made;
    switch (what & 3) {
      case 0:
        command.cdb = scsi::make_test_unit_ready();
        break;
      case 1:
        command.cdb = scsi::make_inquiry(96);
        command.direction = mpio::Direction::from_target;
        made.buffer.resize(96);
        break;
      case 2:
        command.cdb = scsi::make_read(0, blocks);
        command.direction = mpio::Direction::from_target;
        made.buffer.resize(size_t{blocks} * 512);
        break;
      default:
        command.cdb = scsi::make_write(0, blocks);
        command.direction = mpio::Direction::to_target;
        made.buffer.resize(size_t{blocks} * 512);
    }
    const size_t half = made.buffer.size() / 3;
    made.slices = {
        {{made.buffer.data(), half}, {made.buffer.data() + half, made.buffer.size() - half}}};
    command.slices = std::span(made.slices).first(made.buffer.empty() ? 0 : 2);
    command.length_bytes = static_cast<uint32_t>(made.buffer.size());
    transport_->submit(command);
  }

  Handler handler_;
  std::unique_ptr<io::IscsiTransport> transport_;
  std::vector<std::unique_ptr<Command>> commands_;
  bool leaving_ = false;
};

void discover(Input& input, uint8_t shape) {
  int answers = 0;
  {
    io::IscsiDiscovery discovery(world().loop, config_of(shape));
    discovery.start(60'000, [&answers](const io::Discovery& found) {
      ++answers;
      for (const io::DiscoveredTarget& target : found.targets) {
        BASE_ASSERT(io::check_target_name(target.name).empty());
        for (const io::DiscoveredPortal& portal : target.portals) {
          BASE_ASSERT(!portal.host.empty() && portal.port != 0);
        }
      }
    });
    for (int round = 0; round < 4 && (shape & 16) == 0; ++round) {
      run_a_little();
      answer_login_well();
    }
    run_a_little();
    for (size_t steps = 0; !input.empty() && steps < kMaxSteps; ++steps) {
      static_cast<void>(act(input, input.byte()));
      run_a_little();
    }
  }
  world().target.hang_up(true);
  run_a_little();
  BASE_ASSERT(answers <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  const uint8_t shape = input.byte();
  if ((shape & 1) != 0) {
    discover(input, shape);
  } else {
    Session session(shape);
    session.play(input);
    session.end();
  }
  return 0;
}
