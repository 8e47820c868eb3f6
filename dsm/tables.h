// Look-up of objects by the host's numbers and of LUNs by identity: chained hash tables through the
// objects themselves, so they cost no memory of their own. Under the topology lock; inside dsm/
// only.
#pragma once

#include <array>
#include <cstdint>

#include "dsm/objects.h"

namespace dsm {

template <typename T, T* T::*Next>
class Chains {
 public:
  T*& head(uint32_t hash) { return heads_[hash % kHashBuckets]; }
  T* const& head(uint32_t hash) const { return heads_[hash % kHashBuckets]; }

  bool empty() const {
    for (const T* head : heads_) {
      if (head != nullptr) {
        return false;
      }
    }
    return true;
  }
  void insert(uint32_t hash, T& item) {
    item.*Next = head(hash);
    head(hash) = &item;
  }
  void remove(uint32_t hash, T& item) {
    T** link = &head(hash);
    while (*link != nullptr && *link != &item) {
      link = &((*link)->*Next);
    }
    if (*link != nullptr) {
      *link = item.*Next;
    }
  }
  template <typename Wanted>
  T* find(uint32_t hash, Wanted&& wanted) const {
    for (T* item = head(hash); item != nullptr; item = item->*Next) {
      if (wanted(*item)) {
        return item;
      }
    }
    return nullptr;
  }

 private:
  std::array<T*, kHashBuckets> heads_{};
};

struct Tables {
  Chains<Lun, &Lun::hash_next> luns;
  Chains<Lun, &Lun::identity_next> identities;
  Chains<Path, &Path::hash_next> paths;
  Chains<Nexus, &Nexus::hash_next> nexuses;

  Lun* find_lun(LunId id) const {
    return luns.find(id, [id](const Lun& lun) { return lun.id == id; });
  }
  Lun* find_lun(const Identity& identity) const {
    return identities.find(identity.hash(),
                           [&](const Lun& lun) { return lun.identity == identity; });
  }
  Path* find_path(PathId id) const {
    return paths.find(id, [id](const Path& path) { return path.id == id; });
  }
  Nexus* find_nexus(NexusId id) const {
    return nexuses.find(id, [id](const Nexus& nexus) { return nexus.id == id; });
  }
};

}  // namespace dsm
