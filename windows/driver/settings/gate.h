// One thread at a time reads or changes settings: those that are stored and those in force change
// together. Stays at PASSIVE_LEVEL.
#pragma once

#include "windows/abi/kernel.h"
#include "windows/driver/irql.h"

namespace driver {

class SettingsGate {
 public:
  SettingsGate() { KeInitializeEvent(&free_, SynchronizationEvent, TRUE); }
  SettingsGate(const SettingsGate&) = delete;
  SettingsGate& operator=(const SettingsGate&) = delete;

 private:
  friend class SettingsGuard;
  KEVENT free_{};
};

class SettingsGuard {
 public:
  // A thread that holds the gate must not be suspended.
  SettingsGuard(AtPassive, SettingsGate& gate) : gate_(gate) {
    KeEnterCriticalRegion();
    KeWaitForSingleObject(&gate_.free_, Executive, KernelMode, FALSE, nullptr);
  }
  ~SettingsGuard() {
    KeSetEvent(&gate_.free_, 0, FALSE);
    KeLeaveCriticalRegion();
  }
  SettingsGuard(const SettingsGuard&) = delete;
  SettingsGuard& operator=(const SettingsGuard&) = delete;

 private:
  SettingsGate& gate_;
};

}  // namespace driver
