// The fault that makes another logical unit of one: see Lun::change_identity().
#include "array/lun.h"

namespace array {

// The part of the NAA name that is zero for a unit as it was configured counts its identities.
void Lun::change_identity() {
  const uint32_t generation = base::load_be32(&naa_[8]) + 1;
  base::store_be32(&naa_[8], generation);
  serial_ = serial_.substr(0, serial_.find('-')) + "-" + std::to_string(generation);
}

}  // namespace array
