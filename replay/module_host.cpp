// See module_host.h.
#include "replay/module_host.h"

#include "dsm/policy.h"
#include "dsm/trace/feed.h"

namespace replay {

using dsm::trace::RecordKind;

void Setup::add(const dsm::DevicePolicy& policy) {
  device_policies.push_back(policy);  // the text is the trace's
}

void Setup::add(const dsm::ErrorRow& row) {
  dsm::ErrorRow& kept = vendor_rows.emplace_back(row);
  kept.name = texts.emplace_back(row.name).c_str();
  kept.explain = texts.emplace_back(row.explain).c_str();
}

std::string Setup::finish() {
  if (config.lane_count == 0 || config.lane_count > dsm::kMaxLanes) {
    return "a LUN has 1 to " + std::to_string(dsm::kMaxLanes) + " lanes, not " +
           std::to_string(config.lane_count);
  }
  // What is counted where does not matter here: `busy` says it all.
  config.lane_count = 1;
  bool known = dsm::find_policy(config.default_policy) != nullptr;
  for (const dsm::DevicePolicy& policy : device_policies) {
    known = known && dsm::find_policy(policy.policy) != nullptr;
  }
  config.device_policies = device_policies;
  config.vendor_rows = vendor_rows;
  return known ? "" : "it names a load-balance policy that this dsmkit does not have";
}

ModuleHost::ModuleHost(std::unique_ptr<Setup> setup)
    : setup_(std::move(setup)), module_(setup_->config) {
  const dsm::trace::Sink sink{this, [](void* context, base::Bytes record) {
                                static_cast<ModuleHost*>(context)->written_.emplace_back(
                                    record.begin(), record.end());
                              }};
  recorder_.start(sink, setup_->config, "replay", 0, true);
}

std::string ModuleHost::feed(const Record& input, base::Bytes data) {
  written_.clear();
  const size_t already = input.outcome.already;
  const auto out = std::make_unique<dsm::Actions>();
  for (size_t i = 0; i < already; ++i) {
    static_cast<void>(out->push_back({}));
  }
  switch (input.header.kind) {
    case RecordKind::event:
      on(input, data, *out);
      break;
    case RecordKind::resumed:
      dsm::trace::resume(module_, recorder_, input.header.now, *out);
      break;
    case RecordKind::interpreted: {
      dsm::Nexus* nexus = module_.find_nexus(input.nexus);
      if (nexus == nullptr) {
        return "nexus " + std::to_string(input.nexus) + " is not";
      }
      dsm::trace::interpret(module_, recorder_, *nexus, input.completion, *out);
      break;
    }
    default:
      break;
  }
  settle(*out, already);
  return "";
}

void ModuleHost::on(const Record& input, base::Bytes data, dsm::Actions& out) {
  dsm::Event event = input.event;
  event.command.data_in = data;
  event.operation.settings.paths = input.path_settings;
  event.arrival.claim = input.brought.claim ? &input.claim : nullptr;
  if (event.kind == dsm::EventKind::nexus_arrived) {
    bring(event, input.brought);
  } else {
    event.arrival = {};
    count_busy(event, input.busy);
  }
  dsm::trace::on(module_, recorder_, event, out);
}

void ModuleHost::bring(dsm::Event& event, const dsm::trace::Brought& brought) {
  const auto keep = [this]<typename T>(std::shared_ptr<T> made) {
    T* const raw = made.get();
    storage_[raw] = std::move(made);
    return raw;
  };
  dsm::Arrival& arrival = event.arrival;
  arrival.spare_lun = brought.lun ? keep(std::make_shared<dsm::Lun>()) : nullptr;
  arrival.lanes = brought.lanes ? keep(std::make_shared<dsm::Lane>()) : nullptr;
  arrival.path = brought.path ? keep(std::make_shared<dsm::Path>()) : nullptr;
  arrival.nexus = brought.nexus ? keep(std::make_shared<dsm::Nexus>()) : nullptr;
}

// The module looks at counts only of slots that are being emptied.
void ModuleHost::count_busy(const dsm::Event& event, uint32_t busy) {
  const dsm::Nexus* nexus = module_.find_nexus(event.nexus);
  for (dsm::Lun* lun : {module_.find_lun(event.lun), nexus != nullptr ? nexus->lun : nullptr}) {
    for (unsigned slot = 0; lun != nullptr && slot < dsm::kMaxPathsPerLun; ++slot) {
      lun->published.lanes[0].in_flight[slot].store((busy >> slot) & 1U);
    }
  }
}

void ModuleHost::settle(const dsm::Actions& out, size_t already) {
  for (const dsm::Action& action : dsm::trace::since(out, already)) {
    if (action.kind == dsm::ActionKind::joined) {
      luns_[action.lun].lun = action.lun_object;
    } else if (action.kind == dsm::ActionKind::release) {
      if (action.released == dsm::Released::lun && luns_.contains(action.lun) &&
          luns_[action.lun].lun == action.storage) {
        luns_.erase(action.lun);
      }
      storage_.erase(action.storage);
    }
  }
  for (auto& [id, known] : luns_) {
    const uint64_t word = known.lun->published.word.load();
    known.masks[dsm::generation_of(word)] = dsm::mask_of(word);
  }
}

std::string ModuleHost::judge(const dsm::trace::Picked& picked) const {
  const auto found = luns_.find(picked.lun);
  if (found == luns_.end()) {
    return "there is no LUN " + std::to_string(picked.lun);
  }
  const uint32_t generation = dsm::generation_of(picked.word);
  const uint32_t mask = dsm::mask_of(picked.word);
  const std::map<uint32_t, uint32_t>& masks = found->second.masks;
  if (masks.empty() || generation > masks.rbegin()->first) {
    return "the plan of generation " + std::to_string(generation) + " has not been made yet";
  }
  // A plan that was replaced within its own step is not among them.
  const auto plan = masks.find(generation);
  if (plan != masks.end() && plan->second != mask) {
    return "the candidates of generation " + std::to_string(generation) + " are the slots " +
           std::to_string(plan->second);
  }
  const bool chose = picked.slot != dsm::kNoSlot;
  if (chose ? picked.slot >= dsm::kMaxPathsPerLun || ((mask >> picked.slot) & 1U) == 0
            : mask != 0) {
    return "the candidates are the slots " + std::to_string(mask);
  }
  return "";
}

}  // namespace replay
