// The DSM as MPIO sees it: one context, and the entry points that it registers.
#pragma once

#include "windows/driver/engine.h"
#include "windows/driver/settings/gate.h"
#include "windows/driver/settings/key.h"

namespace driver {

struct Driver {
  explicit Driver(unsigned lane_count) : engine(lane_count) {}

  Engine engine;
  DRIVER_OBJECT* object = nullptr;
  SettingsRoot parameters;       // its name is in a block of its own
  USHORT service_key_bytes = 0;  // of the name, the part that names the service's own key
  SettingsGate settings_gate;
  UNICODE_STRING wmi_paths[2]{};  // the service's key, for MPIO; blocks of their own
};

inline Driver& driver_of(PVOID context) {
  return *static_cast<Driver*>(context);
}
inline Device& device_of(PVOID dsm_id) {
  return *static_cast<Device*>(dsm_id);
}

// registration.cpp. `driver` belongs to the registration from here on, also when it
// fails.
NTSTATUS register_with_mpio(AtPassive here, Driver& driver);
void deregister_from_mpio(AtPassive here);  // and destroys it
void destroy(AtPassive here, Driver& driver);

// The entry points: declared by their types, so that they cannot differ from what MPIO calls.
extern RoutineOf<DSM_INQUIRE_DRIVER> inquire_driver;                     // claim_device.cpp
extern RoutineOf<DSM_COMPARE_DEVICES> compare_devices;                   // devices.cpp
extern RoutineOf<DSM_GET_CONTROLLER_INFO> get_controller_info;           // devices.cpp
extern RoutineOf<DSM_SET_DEVICE_INFO> set_device_info;                   // devices.cpp
extern RoutineOf<DSM_REMOVE_PENDING> remove_pending;                     // devices.cpp
extern RoutineOf<DSM_REMOVE_DEVICE> remove_device;                       // devices.cpp
extern RoutineOf<DSM_DEVICE_NOT_USED> device_not_used;                   // devices.cpp
extern RoutineOf<DSM_ADDRESS_TYPE_SUPPORTED> is_address_type_supported;  // devices.cpp
extern RoutineOf<DSM_IS_PATH_ACTIVE> is_path_active;                     // paths.cpp
extern RoutineOf<DSM_PATH_VERIFY> path_verify;                           // paths.cpp
extern RoutineOf<DSM_INVALIDATE_PATH> invalidate_path;                   // paths.cpp
extern RoutineOf<DSM_MOVE_DEVICE> move_device;                           // paths.cpp
extern RoutineOf<DSM_REMOVE_PATH> remove_path;                           // paths.cpp
extern RoutineOf<DSM_LB_GET_PATH> lb_get_path;                           // requests.cpp
extern RoutineOf<DSM_SET_COMPLETION> set_completion;                     // requests.cpp
extern RoutineOf<DSM_CATEGORIZE_REQUEST> categorize_request;             // categorize.cpp
extern RoutineOf<DSM_BROADCAST_SRB> broadcast_srb;                       // categorize.cpp
extern RoutineOf<DSM_SRB_DEVICE_CONTROL> srb_device_control;             // reserve_out.cpp
extern RoutineOf<DSM_INTERPRET_ERROR_EX> interpret_error;                // errors.cpp
extern RoutineOf<DSM_UNLOAD> unload_dsm;                                 // registration.cpp

}  // namespace driver
