// The designators of a device as the port driver lists them.
#pragma once

#include "base/bytes.h"
#include "windows/abi/kernel.h"

namespace driver {

// The VPD page 83h that the list came from, at the front of `page`; as far as there is room for it,
// and up to the first entry that leads out of the list. Any IRQL.
base::Bytes page_of(const STORAGE_DEVICE_ID_DESCRIPTOR& ids, base::MutableBytes page);

}  // namespace driver
