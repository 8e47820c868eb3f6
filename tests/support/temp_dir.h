// A folder of its own for a test, removed with everything in it at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace test_support {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Makes a file of this many zero bytes (sparse) and returns its path.
  std::string sparse_file(std::string_view name, uint64_t size_bytes) const;

 private:
  std::string path_;
};

// A TCP port of 127.0.0.1 where nobody listens just now.
uint16_t free_port();

}  // namespace test_support
