// What an array is made of. Everything has a default that works; see docs and `dsmkit array
// --help`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scsi/target_port_groups.h"

namespace array {

// As in the TPGS field of INQUIRY data (SPC-4 table 146).
enum class AluaMode : uint8_t { none = 0, implicit_only = 1, explicit_only = 2, both = 3 };

// How blocks get their space. SBC-3 4.7.
struct ProvisioningConfig {
  bool thin =
      true;  // blocks are mapped as they are written and unmapped by UNMAP; else always mapped
  uint64_t pool_bytes = 0;         // thin: so much can be mapped at a time; 0: all of it
  uint8_t threshold_percent = 80;  // of the pool: the soft threshold
};

struct LunConfig {
  uint64_t size_bytes = 0;  // RAM; for a file 0 means the file's size
  std::string file;         // empty: RAM
  bool read_only = false;
  bool removable = false;
  ProvisioningConfig provisioning;
  uint32_t block_bytes = 512;     // 512 or 4096
  uint8_t physical_exponent = 3;  // physical block = block_bytes << exponent
};

struct PortConfig {
  unsigned controller = 0;
};

// How a controller that does not own the LUNs answers what would touch their blocks.
struct PassiveAnswer {
  uint8_t sense_key = 0;
  uint16_t sense_code = 0;  // ASC and ASCQ
};

struct Config {
  std::string target_name = "iqn.2026-11.dev.dsmkit:array";
  std::string vendor = "DSMKIT";
  std::string product = "EMBEDDED ARRAY";
  std::string revision = "0100";
  uint32_t serial = 1;            // two arrays with different serials have different LUN identities
  unsigned controllers = 2;       // one target port group each; group id = controller + 1
  std::vector<PortConfig> ports;  // relative target port id = index + 1
  std::vector<LunConfig> luns;    // LUN = index
  AluaMode alua = AluaMode::both;
  bool symmetric = false;  // all groups active/optimized; else only that of controller 0 is
  scsi::AccessState passive_state = scsi::AccessState::active_nonoptimized;  // of the others
  // Set: one controller at a time owns the LUNs, without ALUA. Another becomes the owner when it
  // gets START STOP UNIT, or when the owner dies.
  std::optional<PassiveAnswer> passive;
  uint8_t implicit_transition_time_s = 5;  // told in the extended RTPG header
};

}  // namespace array
