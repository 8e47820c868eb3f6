// See rig.h.
#include "array/testing/rig.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

namespace array::testing {
namespace {

Config with(const LunConfig& lun) {
  Config config = Rig::usual();
  config.luns = {lun};
  return config;
}

}  // namespace

Host::Host(Array& array, unsigned port, std::string name)
    : array_(array), nexus_(array.login(port, {std::move(name), {}}, *this)) {}

Host::~Host() {
  log_out();
}

void Host::log_out() {
  if (nexus_ != nullptr) {
    array_.drop(*nexus_);
    nexus_ = nullptr;
  }
}

Outcome Host::send(std::initializer_list<unsigned> cdb, base::Bytes data_out, uint64_t lun) {
  scsi::Cdb built;
  for (const unsigned byte : cdb) {
    built.bytes[built.length++] = static_cast<uint8_t>(byte);
  }
  return send(built, data_out, lun);
}

Outcome Host::send(const scsi::Cdb& cdb, base::Bytes data_out, uint64_t lun) {
  Task task;
  bool done = false;
  task.nexus = nexus_;
  task.lun = lun << 48;
  task.cdb = cdb;
  task.data_out = data_out;
  task.owner = &done;
  task.done = [](Task& ended) { *static_cast<bool*>(ended.owner) = true; };
  array_.submit(task);
  EXPECT_TRUE(done) << "the task was not executed at once";
  return {task.status, scsi::decode_sense(base::Bytes(task.sense).first(task.sense_bytes)),
          std::move(task.data_in)};
}

size_t Host::clear_attentions() {
  size_t count = 0;
  while (send({0, 0, 0, 0, 0, 0}).sense.key == scsi::kUnitAttention) {
    ++count;
  }
  return count;
}

Config Rig::usual() {
  Config config;
  config.symmetric = true;
  config.ports = {{.controller = 0}, {.controller = 1}};
  config.luns = {{.size_bytes = 16U << 20}};
  return config;
}

Rig::Rig(const Config& config) {
  std::string error;
  array = Array::create(config, scheduler, error);
  EXPECT_TRUE(array) << error;
}

Rig::Rig(const LunConfig& lun) : Rig(with(lun)) {}

Host& Rig::host(unsigned port) {
  Host& made = hosts.emplace_back(*array, port, "iqn.host" + std::to_string(hosts.size()));
  made.clear_attentions();
  return made;
}

bool file_system_knows_holes() {
  const std::string path = ::testing::TempDir() + "dsmkit-holes.img";
  std::ofstream(path).close();
  std::string error;
  if (truncate(path.c_str(), 1 << 20) != 0) {
    return false;
  }
  const auto backing = open_file_backing(path, false, error);
  std::remove(path.c_str());
  if (!backing) {
    return false;
  }
  const uint64_t unit = backing->map_unit_bytes();
  const auto is = [&](uint64_t at, bool mapped) {
    const Backing::Extent extent = backing->extent(at * unit, unit);
    return extent.mapped == mapped && extent.length_bytes == unit;
  };
  return backing->write(unit, Raw(2 * unit, 1)) && is(0, false) && is(1, true) && is(2, true) &&
         is(3, false) && backing->discard(unit, unit) && is(1, false) && is(2, true);
}

Raw pattern(size_t count, uint8_t seed) {
  Raw out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>(seed + i + (i >> 8) * 13);
  }
  return out;
}

}  // namespace array::testing
