// A cluster around the driver's machine: what its software asks of the disk with PERSISTENT
// RESERVE, and a second host that contends.
#pragma once

#include <string>
#include <vector>

#include "scsi/persistent_reservation.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {

inline constexpr uint64_t kOurKey = 0x1111;
inline constexpr uint64_t kTheirKey = 0x2222;

struct Wish {
  scsi::ReserveOutAction action = scsi::ReserveOutAction::register_key;
  uint64_t key = 0;
  uint64_t service_action_key = 0;
  scsi::ReservationType type = scsi::ReservationType::none;
  bool persists = false;
};
scsi::Cdb cdb_of(const Wish& wish);
std::vector<uint8_t> list_of(const Wish& wish);

class Cluster {
 public:
  explicit Cluster(const std::string& driver, unsigned ports = 3,
                   const array::Config& config = Scene::symmetric_array(3));

  Scene scene;
  Request request;

  // Of the request, as its sender reads it: "GOOD", "CONFLICT", "BUSY", "5/55/04" for sense data,
  // else "SRB status 08".
  std::string said();
  // Through MPIO and the driver: what the cluster software hears.
  std::string ask(const Wish& wish);
  void must(const Wish& wish);
  void must_register() { must({.service_action_key = kOurKey}); }

  // What the array knows, as the second host sees it.
  std::vector<uint64_t> keys();
  size_t count(uint64_t key);
  scsi::ReservationType reserved();
  // The second host's own.
  uint8_t they(const Wish& wish);

  // Reads as many times; all succeed.
  void must_read(unsigned times);
  // Requests down each path by so many reads, as text: "2 0 2".
  std::string spread(unsigned reads);
  unsigned conflicts();  // that any of our paths has met

 private:
  ScsiDevice::Reply they_ask(const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out);

  unsigned ports_;
  ScsiDevice other_;
};

}  // namespace harness
