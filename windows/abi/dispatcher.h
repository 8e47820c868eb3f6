// Events, timers and deferred procedure calls: storage that the driver provides and the kernel
// fills.
#pragma once

#include "windows/abi/platform.h"

struct DISPATCHER_HEADER {
  UCHAR Type;
  UCHAR Signalling;
  UCHAR Size;
  UCHAR Reserved;
  LONG SignalState;
  LIST_ENTRY WaitListHead;
};

struct KEVENT {
  DISPATCHER_HEADER Header;
};
using PKEVENT = KEVENT*;

enum EVENT_TYPE : ULONG { NotificationEvent, SynchronizationEvent };

struct KDPC;
using KDEFERRED_ROUTINE = void NTAPI(KDPC* dpc, PVOID context, PVOID argument1, PVOID argument2);

struct KDPC {
  UCHAR Type;
  UCHAR Importance;
  USHORT Number;
  PVOID DpcListEntry;
  ULONG_PTR ProcessorHistory;
  KDEFERRED_ROUTINE* DeferredRoutine;
  PVOID DeferredContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  PVOID DpcData;
};
using PKDPC = KDPC*;

struct KTIMER {
  DISPATCHER_HEADER Header;
  LARGE_INTEGER DueTime;
  LIST_ENTRY TimerListEntry;
  KDPC* Dpc;
  USHORT Processor;
  USHORT TimerType;
  ULONG Period;
};
using PKTIMER = KTIMER*;

struct PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number;
  UCHAR Reserved;
};

enum KWAIT_REASON : ULONG { Executive };
enum KPROCESSOR_MODE : CHAR { KernelMode, UserMode };
inline constexpr USHORT ALL_PROCESSOR_GROUPS = 0xffff;
