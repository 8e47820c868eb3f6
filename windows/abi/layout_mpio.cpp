// Nothing but assertions: the sizes and places that what mpio.sys, WMI and event tracing exchange
// with a DSM has on x64 and ARM64. Compiled for the driver and for the harness, so that both are
// held to the same layout.
#include "windows/abi/layout.h"

#if defined(DSMKIT_WITH_WDK)
// Does not compile where kernel.h has not said that the functions of mpio.sys have C's names.
extern "C" NTSTATUS DsmGetVersion(MPIO_VERSION_INFO* version, ULONG bytes);
#endif

namespace {

static_assert(IOCTL_MPDSM_REGISTER == 0x736DC004 && IOCTL_MPDSM_DEREGISTER == 0x736DC008);
static_assert(DSM_INIT_DATA_TYPE_1_SIZE == 276);
static_assert(DSM_INIT_DATA_TYPE_2_SIZE == 280 && DSM_INIT_DATA_TYPE_3_SIZE == 280);
static_assert(DSM_INIT_DATA_TYPE_4_SIZE == 296);
static_assert(DSM_INIT_DATA_TYPE_5_SIZE == 376);
static_assert(DSM_INIT_DATA_TYPE_6_SIZE == 392);

// Of mpio.h.
SIZE(DSM_IDS, 16);
AT(DSM_IDS, Count, 0);
AT(DSM_IDS, IdList, 8);
SIZE(DSM_COMPLETION_INFO, 16);
AT(DSM_COMPLETION_INFO, DsmCompletionRoutine, 0);
AT(DSM_COMPLETION_INFO, DsmContext, 8);
SIZE(CONTROLLER_IDS, 40);
AT(CONTROLLER_IDS, Type, 0);
AT(CONTROLLER_IDS, Length, 4);
AT(CONTROLLER_IDS, SerialNumber, 8);
SIZE(CONTROLLER_INFO, 56);
AT(CONTROLLER_INFO, DeviceObject, 0);
AT(CONTROLLER_INFO, Identifier, 8);
AT(CONTROLLER_INFO, State, 48);
SIZE(DSM_WMILIB_CONTEXT, 80);
AT(DSM_WMILIB_CONTEXT, GuidCount, 0);
AT(DSM_WMILIB_CONTEXT, GuidList, 8);
AT(DSM_WMILIB_CONTEXT, RegistryPath, 16);
AT(DSM_WMILIB_CONTEXT, MofResourceName, 32);
AT(DSM_WMILIB_CONTEXT, QueryWmiDataBlockEx, 48);
AT(DSM_WMILIB_CONTEXT, SetWmiDataBlockEx, 56);
AT(DSM_WMILIB_CONTEXT, ExecuteWmiMethodEx, 64);
AT(DSM_WMILIB_CONTEXT, WmiFunctionControlEx, 72);
SIZE(DSM_VERSION_INFO, 16);
AT(DSM_VERSION_INFO, MajorVersion, 0);
AT(DSM_VERSION_INFO, MinorVersion, 4);
AT(DSM_VERSION_INFO, ProductBuild, 8);
AT(DSM_VERSION_INFO, QfeNumber, 12);
SIZE(MPIO_VERSION_INFO, 16);
AT(MPIO_VERSION_INFO, MajorVersion, 0);
AT(MPIO_VERSION_INFO, MinorVersion, 4);
AT(MPIO_VERSION_INFO, ProductBuild, 8);
AT(MPIO_VERSION_INFO, QfeNumber, 12);
SIZE(DSM_INIT_DATA, 392);
AT(DSM_INIT_DATA, InitDataSize, 0);
AT(DSM_INIT_DATA, DsmInquireDriver, 8);
AT(DSM_INIT_DATA, DsmCompareDevices, 16);
AT(DSM_INIT_DATA, DsmDeviceSerialNumber, 24);
AT(DSM_INIT_DATA, DsmGetControllerInfo, 32);
AT(DSM_INIT_DATA, DsmSetDeviceInfo, 40);
AT(DSM_INIT_DATA, DsmIsPathActive, 48);
AT(DSM_INIT_DATA, DsmPathVerify, 56);
AT(DSM_INIT_DATA, DsmInvalidatePath, 64);
AT(DSM_INIT_DATA, DsmMoveDevice, 72);
AT(DSM_INIT_DATA, DsmRemovePending, 80);
AT(DSM_INIT_DATA, DsmRemoveDevice, 88);
AT(DSM_INIT_DATA, DsmRemovePath, 96);
AT(DSM_INIT_DATA, DsmSrbDeviceControl, 104);
AT(DSM_INIT_DATA, DsmLBGetPath, 112);
AT(DSM_INIT_DATA, DsmInterpretErrorEx, 120);
AT(DSM_INIT_DATA, DsmUnload, 128);
AT(DSM_INIT_DATA, DsmSetCompletion, 136);
AT(DSM_INIT_DATA, DsmCategorizeRequest, 144);
AT(DSM_INIT_DATA, DsmBroadcastSrb, 152);
AT(DSM_INIT_DATA, DsmWmiInfo, 160);
AT(DSM_INIT_DATA, DsmContext, 240);
AT(DSM_INIT_DATA, DriverObject, 248);
AT(DSM_INIT_DATA, DisplayName, 256);
AT(DSM_INIT_DATA, Reserved, 272);
AT(DSM_INIT_DATA, DsmType, 276);
AT(DSM_INIT_DATA, DsmVersion, 280);
AT(DSM_INIT_DATA, DsmWmiGlobalInfo, 296);
AT(DSM_INIT_DATA, DsmIsAddressTypeSupported, 376);
AT(DSM_INIT_DATA, DsmDeviceNotUsed, 384);
SIZE(DSM_MPIO_CONTEXT, 8);
AT(DSM_MPIO_CONTEXT, MPIOContext, 0);
SIZE(DSM_DEREGISTER_DATA, 32);
AT(DSM_DEREGISTER_DATA, DeregisterDataSize, 0);
AT(DSM_DEREGISTER_DATA, DsmContext, 8);
AT(DSM_DEREGISTER_DATA, DriverObject, 16);
AT(DSM_DEREGISTER_DATA, MpioContext, 24);

// Of wmi.h.
SIZE(WMIGUIDREGINFO, 16);
AT(WMIGUIDREGINFO, Guid, 0);
AT(WMIGUIDREGINFO, InstanceCount, 8);
AT(WMIGUIDREGINFO, Flags, 12);

// Of etw.h.
SIZE(EVENT_DESCRIPTOR, 16);
AT(EVENT_DESCRIPTOR, Id, 0);
AT(EVENT_DESCRIPTOR, Version, 2);
AT(EVENT_DESCRIPTOR, Channel, 3);
AT(EVENT_DESCRIPTOR, Level, 4);
AT(EVENT_DESCRIPTOR, Opcode, 5);
AT(EVENT_DESCRIPTOR, Task, 6);
AT(EVENT_DESCRIPTOR, Keyword, 8);
SIZE(EVENT_DATA_DESCRIPTOR, 16);
AT(EVENT_DATA_DESCRIPTOR, Ptr, 0);
AT(EVENT_DATA_DESCRIPTOR, Size, 8);
AT(EVENT_DATA_DESCRIPTOR, Reserved, 12);
SIZE(EVENT_FILTER_DESCRIPTOR, 16);
AT(EVENT_FILTER_DESCRIPTOR, Ptr, 0);
AT(EVENT_FILTER_DESCRIPTOR, Size, 8);
AT(EVENT_FILTER_DESCRIPTOR, Type, 12);

}  // namespace
