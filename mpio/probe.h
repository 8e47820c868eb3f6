// Who is at the other end of a login? INQUIRY, VPD pages, READ CAPACITY and MODE SENSE on one link,
// each with a deadline and a few tries, and what they say put together: a claim (identity, ALUA,
// target port) and a geometry.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dsm/claim.h"
#include "mpio/block_device.h"
#include "mpio/path_link.h"

namespace mpio {

struct ProbeResult {
  dsm::ClaimResult claim;
  bool has_geometry = false;  // a standby port need not answer READ CAPACITY
  Geometry geometry;
  bool can_unmap = false;  // UNMAP
  bool can_write_same_unmap =
      false;  // WRITE SAME(16) with UNMAP, and unmapped blocks read as zeros
  uint32_t max_unmap_blocks = 0;
  uint32_t max_write_same_blocks = 0;
  std::optional<bool> write_protected;  // empty: the target does not say
  std::string vendor;
  std::string product;
  std::string revision;
  std::string serial;
  std::string endpoint;  // of the link, see Transport
  PathPorts ports;       // likewise
  // Codes (ASC << 8 | ASCQ) of the unit attentions met on the way: told once, so here and nowhere
  // else.
  std::vector<uint16_t> attentions;
};

class Probe {
 public:
  // `done`: empty error means that the result is complete; else one sentence. Never from inside
  // start().
  using Done = std::function<void(const std::string& error)>;

  explicit Probe(const DiskConfig& config);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  bool running() const { return link_ != nullptr; }
  void start(PathLink& link, Done done);
  // The link is going down: `done` is not called any more.
  void cancel() { cancelled_ = true; }
  const ProbeResult& result() const { return result_; }

 private:
  enum class Step : uint8_t {
    inquiry,
    supported_pages,
    serial_number,
    identification,
    capacity16,
    capacity10,
    block_limits,
    provisioning,
    mode_sense6,
    mode_sense10,
  };

  void send();
  base::Bytes sense() const {
    return {command_.transport.sense.data(), command_.transport.sense_bytes};
  }
  void on_done();
  void start_over();
  bool reads_are_stale() const;
  bool retryable() const;
  void take_answer();
  std::string refusal_of_step() const;
  void next_step();
  void finish(const std::string& error);
  void take_limits();
  void take_write_protection();
  bool page_is_there(uint8_t page) const;

  const DiskConfig& config_;
  PathLink* link_ = nullptr;
  Done done_;
  std::string endpoint_;
  PathPorts ports_;
  bool cancelled_ = false;
  Step step_ = Step::inquiry;
  unsigned tries_ = 0;
  unsigned restarts_ = 0;
  LinkCommand command_;
  std::vector<uint8_t> buffer_;
  IoSlice slice_;
  base::Bytes answer_;
  std::vector<uint8_t> inquiry_;
  std::vector<uint8_t> pages_;
  std::vector<uint8_t> vpd80_;
  std::vector<uint8_t> vpd83_;
  ProbeResult result_;
};

}  // namespace mpio
