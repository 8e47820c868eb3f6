#include "package/files.h"

namespace package {

Files files_of(const profile::Identity& identity) {
  const std::string stem = identity.binary.substr(0, identity.binary.rfind('.'));
  return {identity.binary,     stem + ".pdb", stem + ".inf",      stem + ".cat",
          stem + "-setup.exe", stem + ".msi", stem + "-test.cer", stem + "-setup.dll"};
}

}  // namespace package
