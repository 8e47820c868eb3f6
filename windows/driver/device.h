// The driver's objects: the DSM's own, with what only this host needs beside them.
#pragma once

#include "dsm/module.h"
#include "windows/abi/kernel.h"
#include "windows/driver/settings/names.h"

namespace driver {

class Engine;

// Something that has happened and that the DSM is to be told. Whoever owns it keeps it until the
// engine has let go of it (Engine::post).
struct Signal {
  enum class Kind : uint8_t {
    caller,
    command_done,
    slot_idle,
    path_gone,
    path_mistrusted,
    timer,
    round_ended
  };

  explicit Signal(Kind what) : kind(what) {}

  Kind kind;
  bool queued = false;
  Signal* next = nullptr;
};

// How far a LUN is that wants all lanes to pass a barrier.
enum class Barrier : uint8_t { none, wanted, passing, passed };

// A command of the DSM's that could not be sent: there was no memory.
struct Unsent {
  dsm::NexusId nexus;
  dsm::CommandId id;
};
// Of one LUN, between two of its events: what each operation, the work on access states and that on
// a reservation have out.
inline constexpr size_t kMaxUnsentPerLun = dsm::kMaxOperationsPerLun + 2;

struct LunHost : dsm::Lun {
  Signal idle{Signal::Kind::slot_idle};  // a slot that is being emptied has no command any more
  dsm::TimeNs due = 0;                   // of the DSM's timer; 0: not armed
  bool held = false;                     // MPIO has been told to hold its I/O
  Barrier barrier = Barrier::none;
  base::FixedVector<Unsent, kMaxUnsentPerLun> unsent;  // by whoever pumps
  LunHost* next = nullptr;
};

struct PathHost : dsm::Path {
  Signal gone{Signal::Kind::path_gone};
  Signal mistrusted{Signal::Kind::path_mistrusted};
  dsm::TimeNs trusted_at = 0;  // until then others are preferred; 0: it is like them
  PathHost* next = nullptr;
};

// A device-instance: what MPIO knows as a DsmId.
struct Device : dsm::Nexus {
  Engine* engine = nullptr;
  // Where the DSM's own commands go: the port driver's device at first, then what MPIO names.
  DEVICE_OBJECT* target = nullptr;
  bool target_is_mpios = false;
  dsm::PathId path_number = 0;
  PathName stable_name = kNoPath;  // of the path, for its settings
  uint64_t failovers = 0;          // how often an error took the path out of use; engine's lock
  Device* next_device = nullptr;
};

// Of many commands that die together with a nexus only the first finds it so.
inline bool is_in_use(const dsm::Nexus& nexus) {
  return takes_commands(nexus) && !is_down(nexus);
}

// An I_T nexus is one initiator port (the adapter's) and one target port.
constexpr dsm::PathId path_number_of(UCHAR port, UCHAR bus, UCHAR target) {
  constexpr dsm::PathId kMark = 0x77;  // never 0, so a path never is NULL to MPIO
  return (kMark << 24) | (dsm::PathId{port} << 16) | (dsm::PathId{bus} << 8) | target;
}

// MPIO's handle of a path is its number.
inline PVOID handle_of(dsm::PathId path) {
  return reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(path));
}
inline dsm::PathId path_of(PVOID handle) {
  return static_cast<dsm::PathId>(reinterpret_cast<ULONG_PTR>(handle));
}

}  // namespace driver
