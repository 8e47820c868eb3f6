// The object identifiers in catalogs, and how their attributes are numbered.
#pragma once

#include <cstdint>

namespace package::id {

inline constexpr const char* kSignedData = "1.2.840.113549.1.7.2";
inline constexpr const char* kTrustList = "1.3.6.1.4.1.311.10.1";
inline constexpr const char* kCatalogList = "1.3.6.1.4.1.311.12.1.1";
inline constexpr const char* kMembersBySha1 = "1.3.6.1.4.1.311.12.1.2";
inline constexpr const char* kMembersBySha256 = "1.3.6.1.4.1.311.12.1.3";
inline constexpr const char* kNameValue = "1.3.6.1.4.1.311.12.2.1";
inline constexpr const char* kMemberInfo2 = "1.3.6.1.4.1.311.12.2.3";
inline constexpr const char* kIndirectData = "1.3.6.1.4.1.311.2.1.4";
inline constexpr const char* kImageData = "1.3.6.1.4.1.311.2.1.15";
inline constexpr const char* kFlatData =
    "1.3.6.1.4.1.311.2.1.25";  // "of a cabinet", for all others
inline constexpr const char* kSha256 = "2.16.840.1.101.3.4.2.1";

// Of a name and its value: authenticated, text.
inline constexpr uint32_t kNameValueFlags = 0x10010001;

}  // namespace package::id
