// Settings that count as not set, or not as what they say: told to a trace session (the event
// SettingIgnored) and to whoever looks at the kernel's messages.
#pragma once

#include "windows/driver/settings/key.h"

namespace driver {

// A value of `key`, or a key below it. `why` is a clause: "is ...". `found`: the value, if it is
// one.
void report_setting(const Key& key, UNICODE_STRING name, const char* why,
                    const Key::Value& found = {});

// Opens it for reading. False: there is none, or it cannot be opened, which is reported.
bool open_settings(Key& key, const SettingsRoot& root, ULONG access);
bool open_settings(Key& key, const Key& parent, UNICODE_STRING name, ULONG access);

}  // namespace driver
