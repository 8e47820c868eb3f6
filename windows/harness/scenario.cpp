// See scenario.h.
#include "windows/harness/scenario.h"

#include <cstring>

namespace harness {
namespace {

constexpr char16_t kServiceKey[] =
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\mydsm";
constexpr uint64_t kLunBytes = 16U << 20;

}  // namespace

void expect(bool condition, const std::string& what) {
  if (!condition) {
    fail("expectation: " + what);
  }
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

std::u16string Scene::parameters() {
  return std::u16string(kServiceKey) + u"\\Parameters";
}

Scene::Scene(const std::string& driver_path, const array::Config& config)
    : image_(driver_path, all_exports()), mpio(&image_) {
  std::string error;
  array_ = array::Array::create(config, machine().clock, error);
  expect(array_ != nullptr, "the array: " + error);
  for (unsigned port = 0; port < config.ports.size(); ++port) {
    devices_.push_back(std::make_unique<ScsiDevice>(*array_, port));
  }
  support({u"DSMKIT  EMBEDDED ARRAY"});
}

void Scene::support(const std::vector<std::u16string>& entries) {
  std::u16string list;
  for (const std::u16string& entry : entries) {
    list += entry;
    list += u'\0';
  }
  list += u'\0';
  Registry::Value value{REG_MULTI_SZ, std::vector<uint8_t>(list.size() * sizeof(char16_t))};
  std::memcpy(value.bytes.data(), list.data(), value.bytes.size());
  machine().registry[parameters() + u"\\DsmSupportedDeviceList"] = value;
}

void Scene::set_policy(uint32_t policy) {
  Registry::Value value{REG_DWORD, std::vector<uint8_t>(sizeof(policy))};
  std::memcpy(value.bytes.data(), &policy, sizeof(policy));
  machine().registry[parameters() + u"\\DsmLoadBalancePolicy"] = value;
}

NTSTATUS Scene::load() {
  std::u16string key = kServiceKey;
  const auto bytes = static_cast<USHORT>(key.size() * sizeof(char16_t));
  UNICODE_STRING registry_path{bytes, bytes, key.data()};
  const NTSTATUS status = image_.entry()(&driver_, &registry_path);
  expect(NT_SUCCESS(status) == (driver_.DriverUnload != nullptr),
         "a driver that is loaded can be unloaded, and no other");
  return status;
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
  driver_.DriverUnload(&driver_);
  expect(!mpio.registered(), "the driver has deregistered");
  machine().check_nothing_left();
}

}  // namespace harness
