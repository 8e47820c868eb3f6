// Administration through WMI: what MPIO calls, and how it comes to know. All at PASSIVE_LEVEL.
#pragma once

#include "windows/driver/driver.h"

namespace driver {

// lists.cpp. False: no memory. What it allocates belongs to `driver`.
bool register_wmi(DSM_INIT_DATA& data, Driver& driver);
void release_wmi(Driver& driver);

extern RoutineOf<DSM_QUERY_DATABLOCK_EX> query_lun_class;     // lun_queries.cpp
extern RoutineOf<DSM_SET_DATABLOCK_EX> set_lun_class;         // methods.cpp
extern RoutineOf<DSM_EXECUTE_METHOD_EX> execute_lun_method;   // methods.cpp
extern RoutineOf<DSM_QUERY_DATABLOCK_EX> query_global_class;  // global_queries.cpp
extern RoutineOf<DSM_SET_DATABLOCK_EX> set_global_class;      // global_sets.cpp

}  // namespace driver
