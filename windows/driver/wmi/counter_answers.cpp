// What the paths of a LUN have carried, and how they do.
#include "windows/driver/wmi/lun_answers.h"

namespace driver {
namespace {

constexpr ULONG at_most_32_bits(uint64_t value) {
  return value < UINT32_MAX ? static_cast<ULONG>(value) : UINT32_MAX;
}

// Zeros for a nexus that the DSM does not know any more.
dsm::Statistics statistics_of(Engine& engine, dsm::NexusId nexus) {
  return engine.inspect([nexus](const dsm::Module& module) {
    dsm::Statistics counted;
    static_cast<void>(module.statistics(nexus, counted));
    return counted;
  });
}

ULONG grade_of(const PathView& path) {
  return !path.live || path.down ? wire::kGradeDown
         : path.marginal         ? wire::kGradeMarginal
         : path.suspect          ? wire::kGradeSuspect
                                 : wire::kGradeGood;
}

// A count and one element for each path, which `path_of_device` makes.
template <typename Path, typename PathOfDevice>
NTSTATUS answer_paths(Answer& answer, const DSM_IDS& ids, PathOfDevice path_of_device) {
  const NTSTATUS status = answer.begin(sizeof(wire::Count) + ids.Count * sizeof(Path));
  if (!NT_SUCCESS(status)) {
    return status;
  }
  answer.put(0, wire::Count{ids.Count, 0});
  for (ULONG i = 0; i < ids.Count; ++i) {
    answer.put(sizeof(wire::Count) + i * sizeof(Path), path_of_device(device_of(ids.IdList[i])));
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS answer_performance(Answer& answer, Engine& engine, const DSM_IDS& ids) {
  return answer_paths<wire::PathPerformance>(answer, ids, [&engine](const Device& device) {
    const dsm::Statistics counted = statistics_of(engine, device.id);
    return wire::PathPerformance{.PathId = device.path_number,
                                 .NumberReads = at_most_32_bits(counted.reads),
                                 .NumberWrites = at_most_32_bits(counted.writes),
                                 .BytesRead = counted.bytes_read,
                                 .BytesWritten = counted.bytes_written};
  });
}

NTSTATUS answer_health(Answer& answer, Engine& engine, const LunView& lun, const DSM_IDS& ids) {
  return answer_paths<wire::PathHealth>(answer, ids, [&engine, &lun](const Device& device) {
    const PathView* const found = lun.find(device.id);
    const PathView path = found != nullptr ? *found : PathView{.path = device.path_number};
    const dsm::Statistics counted = statistics_of(engine, device.id);
    return wire::PathHealth{.PathId = path.path,
                            .RequestsRetried = counted.retries,
                            .Failovers = path.failovers,
                            .PathErrors = counted.errors,
                            .LatencyTotalNs = counted.service_ns,
                            .LatencyCount = counted.timed,
                            .State = static_cast<ULONG>(path.effective),
                            .Grade = grade_of(path)};
  });
}

}  // namespace driver
