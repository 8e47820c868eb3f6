// A module and what it needs of a host: storage for its objects. It carries nothing out; what the
// module decides is kept as the records that its recorder writes.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dsm/trace/recorder.h"
#include "replay/reader.h"

namespace replay {

// A configuration with what its spans look at.
struct Setup {
  dsm::Config config;
  std::vector<dsm::DevicePolicy> device_policies;
  std::vector<dsm::ErrorRow> vendor_rows;
  std::deque<std::string> texts;

  void add(const dsm::DevicePolicy& policy);
  void add(const dsm::ErrorRow& row);
  // After the last of them: what no module can be made with, or "".
  std::string finish();
};

class ModuleHost {
 public:
  explicit ModuleHost(std::unique_ptr<Setup> setup);
  ModuleHost(const ModuleHost&) = delete;
  ModuleHost& operator=(const ModuleHost&) = delete;

  // An event, a resume() or an interpret(), with the data that it brings. What the module lacks for
  // it, or "".
  std::string feed(const Record& input, base::Bytes data);
  // What the last feed() has brought: data, input, actions.
  const std::vector<std::vector<uint8_t>>& written() const { return written_; }
  // Could this choice be made? Else why not.
  std::string judge(const dsm::trace::Picked& picked) const;

 private:
  void on(const Record& input, base::Bytes data, dsm::Actions& out);
  void bring(dsm::Event& event, const dsm::trace::Brought& brought);
  void count_busy(const dsm::Event& event, uint32_t busy);
  void settle(const dsm::Actions& out, size_t already);

  std::unique_ptr<Setup> setup_;
  dsm::Module module_;
  dsm::trace::Recorder recorder_;
  std::vector<std::vector<uint8_t>> written_;
  std::map<void*, std::shared_ptr<void>> storage_;
  struct Known {
    const dsm::Lun* lun = nullptr;
    std::map<uint32_t, uint32_t> masks;  // by generation
  };
  std::map<dsm::LunId, Known> luns_;
};

}  // namespace replay
