// Of the stand-in for the Windows Driver Kit (tools/windows_kit.py): kinds of an event's data,
// which mingw's header lacks.
#pragma once

#include_next <evntprov.h>

#define EVENT_DATA_DESCRIPTOR_TYPE_NONE 0
#define EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA 1
#define EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA 2
