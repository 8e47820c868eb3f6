// See stored.h.
#include "windows/harness/scenarios/stored.h"

namespace harness {

ULONG policy_at_arrival(Scene& scene) {
  scene.must_load();
  scene.arrive(2);
  const ULONG policy = Administrator(scene).policy_now();
  scene.unload();
  return policy;
}

std::vector<std::u16string> path_keys() {
  const std::u16string prefix = lun_key() + u"\\DSMPATH#";
  std::vector<std::u16string> keys;
  for (const auto& [path, value] : machine().registry.all()) {
    if (path.compare(0, prefix.size(), prefix) == 0 &&
        path.find(u'\\', prefix.size()) == std::u16string::npos) {
      keys.push_back(path);
    }
  }
  return keys;
}

}  // namespace harness
