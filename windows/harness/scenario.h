// What a scenario of ntrun is, and the scene that most of them play in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "array/array.h"
#include "windows/harness/image.h"
#include "windows/harness/loaded_driver.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"
#include "windows/harness/scsi_device.h"

namespace harness {

struct Scenario {
  const char* name;
  void (*play)(const std::string& driver_path);
  // A scenario in which something is broken on purpose: what is said about it. Else null.
  const char* expected = nullptr;
  unsigned limit_s = 60;
  bool of_image = false;  // about the driver's file
};
std::span<const Scenario> registration_scenarios();
std::span<const Scenario> device_scenarios();
std::span<const Scenario> request_scenarios();
std::span<const Scenario> request_form_scenarios();
std::span<const Scenario> error_scenarios();
std::span<const Scenario> reservation_scenarios();
std::span<const Scenario> reservation_action_scenarios();
std::span<const Scenario> reservation_block_scenarios();
std::span<const Scenario> pass_through_scenarios();
std::span<const Scenario> grading_scenarios();
std::span<const Scenario> own_request_scenarios();
std::span<const Scenario> tracing_scenarios();
std::span<const Scenario> interrupt_scenarios();
std::span<const Scenario> thread_scenarios();
std::span<const Scenario> mutant_scenarios();
std::span<const Scenario> settings_scenarios();
std::span<const Scenario> settings_fault_scenarios();
std::span<const Scenario> settings_nonsense_scenarios();
std::span<const Scenario> wmi_query_scenarios();
std::span<const Scenario> wmi_policy_scenarios();
std::span<const Scenario> wmi_preferred_scenarios();
std::span<const Scenario> wmi_refusal_scenarios();
std::span<const Scenario> wmi_request_scenarios();
std::span<const Scenario> acceptance_path_scenarios();
std::span<const Scenario> acceptance_fail_over_only_scenarios();
std::span<const Scenario> acceptance_policy_scenarios();
std::span<const Scenario> acceptance_least_blocks_scenarios();
std::span<const Scenario> acceptance_access_scenarios();
std::span<const Scenario> acceptance_group_scenarios();
std::span<const Scenario> acceptance_error_scenarios();
std::span<const Scenario> acceptance_claim_scenarios();
std::span<const Scenario> acceptance_reservation_scenarios();
std::span<const Scenario> acceptance_settings_scenarios();
std::span<const Scenario> vendor_scenarios();
std::span<const Scenario> seed_scenarios();

// Ends the scenario with what was expected and what came, unless they are equal.
void expect(bool condition, const std::string& what);
void expect_text(const std::string& is, const std::string& expected, const std::string& what);
template <typename A, typename B>
void expect_equal(const A& is, const B& expected, const std::string& what) {
  expect(is == expected,
         what + ": is " + std::to_string(is) + ", expected " + std::to_string(expected));
}

// A machine with MPIO, an array with ports, and the driver, not loaded yet.
class Scene {
 public:
  static array::Config symmetric_array(unsigned ports = 2);
  // Explicit ALUA; port 0 is active/optimized, the others not.
  static array::Config asymmetric_array();
  // One port in each group; that of the first is active/optimized, the others are not.
  static array::Config grouped_array(unsigned groups, array::AluaMode alua);
  // The registry key with the driver's settings.
  static std::u16string parameters();

  explicit Scene(const std::string& driver_path, const array::Config& config = symmetric_array(),
                 const Exports& exports = all_exports());

  ScsiDevice& device(unsigned port) { return *devices_[port]; }
  array::Array& array() { return *array_; }
  // Another LUN of the array, down the same path as device(port).
  ScsiDevice& add_device(unsigned port, uint32_t lun);
  // DriverEntry (LoadedDriver::load).
  NTSTATUS load(const std::u16string& service_key = {});
  void must_load();
  void arrive(unsigned ports);
  void support(const std::vector<std::u16string>& entries);
  void set_policy(uint32_t policy);  // of all LUNs, in the registry
  // DriverUnload, and nothing may be left. First, or not, all that is under way ends.
  void unload();
  void unload_at_once();

 private:
  Image image_;
  std::unique_ptr<array::Array> array_;
  LoadedDriver driver_;

 public:
  Mpio mpio;

 private:
  std::vector<std::unique_ptr<ScsiDevice>> devices_;  // of LUN 0, then those added
};

}  // namespace harness
