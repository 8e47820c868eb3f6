// Loads a Windows driver's image into a Linux process, as it is: sections at their places with
// their protections, relocated, imports bound.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "windows/abi/io.h"

namespace harness {

// "ntoskrnl.exe!KeSetEvent" and so on.
using Exports = std::map<std::string, void*>;
// All that machine and stand-in provide.
Exports all_exports();

class Image {
 public:
  // False: the driver is this program's own code (native_image.cpp).
  static const bool kIsFile;

  // Ends the process (fail()) with what is wrong: no such file, no x64 driver, an import that
  // `exports` does not have.
  Image(const std::string& path, const Exports& exports);
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  DRIVER_INITIALIZE* entry() const { return entry_; }
  uint8_t* base() const { return memory_; }
  size_t size() const { return size_; }
  bool contains_code(const void* address) const;
  // "driver::Engine::pump() (mydsm.sys+0x1234)"; "" if no code of its is there. Without the
  // linker's map beside the file, or with the driver in this program, it does not know the name.
  std::string function_at(const void* address) const;
  // The one that was loaded last; null: none.
  static const Image* last();

 private:
  struct Range {
    uint8_t* begin;
    uint8_t* end;
  };
  std::string path_;
  uint64_t preferred_ = 0;
  uint8_t* memory_ = nullptr;
  size_t size_ = 0;
  DRIVER_INITIALIZE* entry_ = nullptr;
  std::vector<Range> code_;
};

}  // namespace harness
