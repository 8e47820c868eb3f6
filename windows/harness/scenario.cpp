// See scenario.h.
#include "windows/harness/scenario.h"

namespace harness {
namespace {

constexpr uint64_t kLunBytes = 16U << 20;

}  // namespace

void expect(bool condition, const std::string& what) {
  if (!condition) {
    fail("expectation: " + what);
  }
}

void expect_text(const std::string& is, const std::string& expected, const std::string& what) {
  expect(is == expected, what + ": is \"" + is + "\", expected \"" + expected + "\"");
}

array::Config Scene::symmetric_array(unsigned ports) {
  array::Config config;
  config.alua = array::AluaMode::none;
  config.symmetric = true;
  for (unsigned port = 0; port < ports; ++port) {
    config.ports.push_back({port % config.controllers});
  }
  config.luns.push_back({.size_bytes = kLunBytes});
  return config;
}

array::Config Scene::asymmetric_array() {
  array::Config config = symmetric_array();
  config.alua = array::AluaMode::both;
  config.symmetric = false;
  return config;
}

array::Config Scene::grouped_array(unsigned groups, array::AluaMode alua) {
  array::Config config = symmetric_array(0);
  config.controllers = groups;
  config.alua = alua;
  config.symmetric = false;
  for (unsigned port = 0; port < groups; ++port) {
    config.ports.push_back({port});
  }
  return config;
}

std::u16string Scene::parameters() {
  return parameters_key();
}

Scene::Scene(const std::string& driver_path, const array::Config& config, const Exports& exports)
    : image_(driver_path, exports), driver_(image_), mpio(&image_) {
  std::string error;
  array_ = array::Array::create(config, machine().clock, error);
  expect(array_ != nullptr, "the array: " + error);
  for (unsigned port = 0; port < config.ports.size(); ++port) {
    devices_.push_back(std::make_unique<ScsiDevice>(*array_, port));
  }
  support({u"DSMKIT  EMBEDDED ARRAY"});
}

ScsiDevice& Scene::add_device(unsigned port, uint32_t lun) {
  return *devices_.emplace_back(std::make_unique<ScsiDevice>(*array_, port, lun));
}

void Scene::support(const std::vector<std::u16string>& entries) {
  set_supported_devices(entries);
}

void Scene::set_policy(uint32_t policy) {
  set_policy_of_all(policy);
}

NTSTATUS Scene::load(const std::u16string& service_key) {
  return driver_.load(service_key);
}

void Scene::must_load() {
  expect_equal(load(), STATUS_SUCCESS, "DriverEntry");
  expect(mpio.registered(), "the driver has registered with MPIO");
}

void Scene::arrive(unsigned ports) {
  for (unsigned port = 0; port < ports; ++port) {
    expect(mpio.arrive(device(port)), "port " + std::to_string(port) + " is taken into use");
  }
}

void Scene::unload() {
  machine().settle();
  unload_at_once();
}

void Scene::unload_at_once() {
  driver_.unload();
}

}  // namespace harness
