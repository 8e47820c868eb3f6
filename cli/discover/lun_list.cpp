// See lun_list.h.
#include "cli/discover/lun_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "io/iscsi_transport.h"
#include "io/resolver.h"
#include "scsi/cdb.h"
#include "scsi/inquiry.h"
#include "scsi/luns.h"
#include "scsi/sense.h"

namespace cli::discover {
namespace {

constexpr uint32_t kFirstListBytes = 8 + 8 * 256;
constexpr uint32_t kLargestListBytes = 8 + 8 * 16384;
constexpr size_t kMaxLunsAsked = 256;  // of more, only the numbers are told
constexpr int kTries = 4;              // a new session first hears of unit attentions
constexpr uint8_t kCheckCondition = 2;
constexpr uint8_t kUnitAttention = 6;

// One session, one command at a time.
class Reader final : mpio::TransportHandler {
 public:
  Reader(io::EventLoop& loop, io::IscsiPathConfig path, uint64_t deadline_ns)
      : loop_(loop),
        portal_(io::portal_text(path.host, path.port)),
        deadline_ns_(deadline_ns),
        transport_(loop, std::move(path)) {
    transport_.set_handler(*this);
  }

  // Both return the error or "".
  std::string log_in() {
    done_ = false;
    transport_.start_login();
    return run() ? error_ : timed_out("the login");
  }
  std::string ask(const scsi::Cdb& cdb, std::vector<uint8_t>& bytes) {
    const char* const name = scsi::name_of_command(cdb.span());
    const mpio::IoSlice slice{bytes.data(), bytes.size()};
    for (int i = 0; i < kTries; ++i) {
      mpio::TransportCommand command;
      command.cdb = cdb;
      command.direction = mpio::Direction::from_target;
      command.slices = {&slice, 1};
      command.length_bytes = static_cast<uint32_t>(bytes.size());
      done_ = false;
      transport_.submit(command);
      if (!run()) {
        transport_.drop();  // takes the command back
        return timed_out(name);
      }
      if (command.delivery != mpio::Delivery::delivered) {
        return fmt::format("portal {}: the session ended during {}", portal_, name);
      }
      if (command.scsi_status == 0) {
        bytes.resize(bytes.size() - command.residual_bytes);
        return {};
      }
      const scsi::Sense sense = scsi::decode_sense({command.sense.data(), command.sense_bytes});
      if (command.scsi_status != kCheckCondition || sense.key != kUnitAttention) {
        return fmt::format("portal {}: {} is refused with status {:02X}h, sense {:X}h/{:04X}h",
                           portal_, name, command.scsi_status, sense.key, sense.code());
      }
    }
    return fmt::format("portal {}: {} meets one unit attention after the other", portal_, name);
  }

 private:
  void on_login_done(mpio::LinkResult result, std::string_view detail) override {
    error_ = result == mpio::LinkResult::ok ? "" : std::string(detail);
    done_ = true;
  }
  void on_command_done(mpio::TransportCommand&) override { done_ = true; }
  void on_link_lost(mpio::LinkResult, std::string_view) override {}
  void on_heard() override {}

  // False when the time is over.
  bool run() {
    while (!done_) {
      const uint64_t now_ns = loop_.now_ns();
      if (now_ns >= deadline_ns_) {
        return false;
      }
      loop_.run_once(
          static_cast<int>(std::min<uint64_t>((deadline_ns_ - now_ns) / 1'000'000 + 1, 1000)));
    }
    return true;
  }
  std::string timed_out(const char* what) const {
    return fmt::format("portal {} does not answer {} in time; check that the target is alive",
                       portal_, what);
  }

  io::EventLoop& loop_;
  std::string portal_;
  uint64_t deadline_ns_;
  bool done_ = false;
  std::string error_;
  io::IscsiTransport transport_;
};

std::string read_numbers(Reader& reader, std::vector<uint16_t>& numbers) {
  std::vector<uint8_t> bytes(kFirstListBytes);
  std::string error = reader.ask(scsi::make_report_luns(kFirstListBytes), bytes);
  if (error.empty() && bytes.size() >= 8 && base::load_be32(bytes.data()) > kFirstListBytes - 8) {
    bytes.resize(kLargestListBytes);
    error = reader.ask(scsi::make_report_luns(kLargestListBytes), bytes);
  }
  if (!error.empty()) {
    return error;
  }
  static_cast<void>(scsi::for_each_reported_lun(bytes, [&](uint64_t raw) {
    const auto number = scsi::decode_lun(raw);
    if (number && *number <= 16383) {
      numbers.push_back(static_cast<uint16_t>(*number));
    }
  }));
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return {};
}

std::string read_inquiry(Reader& reader, Lun& lun) {
  std::vector<uint8_t> bytes(scsi::kInquiryBytes);
  std::string error = reader.ask(scsi::make_inquiry(static_cast<uint16_t>(bytes.size())), bytes);
  const auto inquiry = error.empty() ? scsi::decode_inquiry(bytes) : std::nullopt;
  if (inquiry && inquiry->qualifier == 0) {
    lun.device_type = inquiry->device_type;
    lun.vendor = scsi::trimmed(inquiry->vendor.view());
    lun.product = scsi::trimmed(inquiry->product.view());
  }
  return error;
}

}  // namespace

LunList list_luns(io::EventLoop& loop, const io::IscsiPathConfig& path, uint32_t deadline_ms) {
  const uint64_t deadline_ns = loop.now_ns() + uint64_t{deadline_ms} * 1'000'000;
  io::IscsiPathConfig at = path;
  at.lun = 0;
  LunList list;
  std::vector<uint16_t> numbers;
  {
    Reader reader(loop, at, deadline_ns);
    list.error = reader.log_in();
    if (list.error.empty()) {
      list.error = read_numbers(reader, numbers);
    }
  }
  for (const uint16_t number : numbers) {
    Lun lun{.number = number};
    if (list.error.empty() && list.luns.size() < kMaxLunsAsked) {
      at.lun = number;
      Reader reader(loop, at, deadline_ns);
      list.error = reader.log_in();
      if (list.error.empty()) {
        list.error = read_inquiry(reader, lun);
      }
    }
    list.luns.push_back(std::move(lun));
  }
  return list;
}

}  // namespace cli::discover
