// Which of the driver's functions lies where, by the map that the linker has written beside it.
#pragma once

#include <cstdint>
#include <string>

namespace harness {

// "driver::Engine::pump()" of the image at `path`, whose map counts addresses from where the linker
// would have the image. "": there is no map, or nothing in it so early. Reads the file each time.
std::string function_in_map(const std::string& path, uint64_t address);

}  // namespace harness
