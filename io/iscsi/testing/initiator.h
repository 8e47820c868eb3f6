// For tests: an array with an iSCSI target, and an initiator that speaks to one connection in
// bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "array/array.h"
#include "base/testing/manual_scheduler.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi/connection.h"
#include "scsi/cdb.h"

namespace io::iscsi::testing {

inline constexpr const char* kTargetName = "iqn.2026-11.test:array";

using base::testing::ManualScheduler;

// Two portals at ports of two controllers, all optimized; one LUN of 16 MiB of memory and a second
// of 1 MiB.
struct TestTarget {
  static constexpr unsigned kMostPorts = 62;  // portals that a test may add have ports, too
  TestTarget();
  ManualScheduler scheduler;
  std::unique_ptr<array::Array> array;
  std::optional<ArrayDevice> device;
  std::vector<std::string> lines;  // of the log
  std::unique_ptr<Target> target;
};

struct Pdu {
  Header header;
  std::vector<uint8_t> data;
  uint8_t opcode() const { return header.opcode(); }
  uint8_t flags() const { return header.flags(); }
  uint8_t scsi_status() const { return header.raw[3]; }
  uint32_t residual() const { return header.field(44); }
  std::string text() const { return {data.begin(), data.end()}; }
  // Of the sense data in a response segment: key, and ASC and ASCQ as one number.
  uint8_t sense_key() const { return data.size() < 18 ? 0xff : data[4] & 0xf; }
  unsigned sense_code() const {
    return data.size() < 18 ? 0xffff : unsigned{data[14]} << 8 | data[15];
  }
};

// "key=value" texts, each ended by a NUL.
std::vector<uint8_t> text(std::initializer_list<std::string> pairs);
// `count` bytes that differ from place to place and from seed to seed.
std::vector<uint8_t> pattern(size_t count, uint8_t seed);

class Initiator final : public ConnectionHost {
 public:
  explicit Initiator(TestTarget& world, unsigned port = 0);

  // The pieces in which bytes reach the connection (default: as much as it takes).
  void set_chunk(size_t bytes) { chunk_ = bytes; }
  void feed(base::Bytes bytes);
  // Header lengths and padding are filled in. `ahs` is a multiple of 4 bytes.
  void send(Header header, const std::vector<uint8_t>& data = {},
            const std::vector<uint8_t>& ahs = {});

  // What login() agrees on: put to what is sent, and checked on what comes.
  Digests digests;
  // The next one sent has a wrong one.
  enum class Damage : uint8_t { none, header, data } damage = Damage::none;

  // The next PDU the connection has sent; fails the test when there is none.
  Pdu take();
  bool silent();  // nothing (more) was sent
  // Whether what the connection sends is taken off it (default), or piles up.
  void set_reading(bool reading) { reading_ = reading; }

  // A login request with `stage` as current and `next` as next stage (T set unless they are the
  // same).
  Pdu login_step(unsigned stage, unsigned next, const std::vector<uint8_t>& keys);
  // From nothing to the full feature phase, unit attentions of both LUNs taken. `keys` are
  // operational ones.
  void login(std::initializer_list<std::string> keys = {});
  void clear_attentions();
  std::string name = "iqn.2026-11.test:host";
  uint8_t isid_last = 1;
  uint16_t session_handle = 0;  // TSIH: of the session to join
  uint16_t connection_id = 0;

  // Sends a SCSI command and returns its tag. CmdSN counts on by itself.
  struct Flags {
    bool read = false;
    bool write = false;
    bool final = true;
    bool immediate = false;
  };
  uint32_t command(const scsi::Cdb& cdb, Flags flags, uint32_t expected_bytes,
                   const std::vector<uint8_t>& immediate_data = {}, uint64_t lun = 0);
  void data_out(uint32_t tag, uint32_t transfer_tag, uint32_t data_sn, uint32_t offset,
                const std::vector<uint8_t>& data, bool final);
  // A request of `opcode` with a fresh tag and the next CmdSN (not for login).
  Header request(uint8_t opcode, uint8_t flags = 0x80, bool immediate = false);
  Pdu manage(uint8_t function, uint64_t lun, uint32_t referenced_tag = kNoTag);
  // What the medium holds, straight from the backing store.
  std::vector<uint8_t> medium(uint64_t offset, size_t count, size_t lun = 0);

  // ConnectionHost
  void on_output() override { ++outputs; }
  void on_reset() override { ++resets; }
  int outputs = 0;
  int resets = 0;

  uint32_t next_tag = 100;
  uint32_t command_sn = 7;
  Connection connection;

 private:
  void drain();

  TestTarget& world_;
  size_t chunk_ = SIZE_MAX;
  bool reading_ = true;
  std::vector<uint8_t> out_;
  size_t taken_ = 0;
  Digests active_;
};

}  // namespace io::iscsi::testing
