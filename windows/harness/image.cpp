// See image.h. The format: Microsoft PE and COFF Specification. The file is our own build, but it
// may be cut or stale: every offset is checked.
#include "windows/harness/image.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "windows/harness/image_map.h"
#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr size_t kPage = 4096;
constexpr uint32_t kExecute = 0x20000000;
constexpr uint32_t kRead = 0x40000000;
constexpr uint32_t kWrite = 0x80000000;

struct Section {
  char name[8];
  uint32_t virtual_size;
  uint32_t address;
  uint32_t raw_size;
  uint32_t raw_offset;
  uint8_t unused[12];
  uint32_t flags;
};
static_assert(sizeof(Section) == 40);

// Reads and writes that end the process when they leave the bytes.
class Bytes {
 public:
  Bytes(uint8_t* data, size_t size, std::string name)
      : data_(data), size_(size), name_(std::move(name)) {}

  uint8_t* at(size_t offset, size_t count) const {
    if (offset > size_ || count > size_ - offset) {
      fail(name_ + ": is no driver image: an offset leads out of the file");
    }
    return data_ + offset;
  }
  template <typename T>
  T get(size_t offset) const {
    T value;
    std::memcpy(&value, at(offset, sizeof(T)), sizeof(T));
    return value;
  }
  template <typename T>
  void put(size_t offset, T value) const {
    std::memcpy(at(offset, sizeof(T)), &value, sizeof(T));
  }
  std::string text(size_t offset) const {
    std::string text;
    while (const char c = get<char>(offset + text.size())) {
      text += c;
    }
    return text;
  }

 private:
  uint8_t* data_;
  size_t size_;
  std::string name_;
};

struct Header {
  explicit Header(const Bytes& file) {
    const uint32_t pe = file.get<uint32_t>(60);
    constexpr uint32_t kSignature = 0x00004550;
    constexpr uint16_t kX64 = 0x8664;
    good = file.get<uint32_t>(pe) == kSignature && file.get<uint16_t>(pe + 4) == kX64;
    optional = pe + 24;
    entry = file.get<uint32_t>(optional + 16);
    preferred = file.get<uint64_t>(optional + 24);
    image_size = file.get<uint32_t>(optional + 56);
    header_size = file.get<uint32_t>(optional + 60);
    sections.resize(file.get<uint16_t>(pe + 6));
    const size_t first = optional + file.get<uint16_t>(pe + 20);
    for (size_t i = 0; i < sections.size(); ++i) {
      sections[i] = file.get<Section>(first + i * sizeof(Section));
    }
  }
  // Address and size of a data directory.
  std::pair<uint32_t, uint32_t> directory(const Bytes& file, unsigned index) const {
    const size_t at = optional + 112 + 8 * index;
    return {file.get<uint32_t>(at), file.get<uint32_t>(at + 4)};
  }

  bool good = false;
  size_t optional = 0;
  uint32_t entry = 0;
  uint64_t preferred = 0;
  uint32_t image_size = 0;
  uint32_t header_size = 0;
  std::vector<Section> sections;
};

void relocate(const Bytes& image, std::pair<uint32_t, uint32_t> table, uint64_t difference) {
  constexpr unsigned kDir64 = 10;
  for (uint32_t done = 0; done < table.second;) {
    const uint32_t page = image.get<uint32_t>(table.first + done);
    const uint32_t size = image.get<uint32_t>(table.first + done + 4);
    if (size < 8) {
      return;
    }
    for (uint32_t i = 8; i + 1 < size; i += 2) {
      const uint16_t entry = image.get<uint16_t>(table.first + done + i);
      if (entry >> 12 == kDir64) {
        const size_t at = page + (entry & 0xfffU);
        image.put(at, image.get<uint64_t>(at) + difference);
      }
    }
    done += size;
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

void bind(const Bytes& image, uint32_t table, const Exports& exports, const std::string& path) {
  for (uint32_t entry = table; image.get<uint32_t>(entry + 12) != 0; entry += 20) {
    const std::string library = lower(image.text(image.get<uint32_t>(entry + 12)));
    const uint32_t names = image.get<uint32_t>(entry);
    const uint32_t places = image.get<uint32_t>(entry + 16);
    for (uint32_t i = 0; const uint64_t value = image.get<uint64_t>(names + i); i += 8) {
      const std::string name = library + "!" + image.text(static_cast<uint32_t>(value) + 2);
      const auto found = exports.find(name);
      if (found == exports.end()) {
        fail(path + ": unknown import " + name);
      }
      image.put(places + i, found->second);
    }
  }
}

const Image* last_image = nullptr;

// Empty: it cannot be read, or is nothing that has a content.
std::vector<char> content_of(const std::string& path) {
  std::vector<char> content;
  if (std::FILE* const file = std::fopen(path.c_str(), "rb"); file != nullptr) {
    char piece[1 << 16];
    for (size_t got = 0; (got = std::fread(piece, 1, sizeof(piece), file)) != 0;) {
      content.insert(content.end(), piece, piece + got);
    }
    std::fclose(file);
  }
  return content;
}

}  // namespace

const bool Image::kIsFile = true;

Image::Image(const std::string& path, const Exports& exports) : path_(path) {
  std::vector<char> content = content_of(path);
  if (content.empty()) {
    fail(path + ": cannot be read; build it: cmake --build --preset windows-driver");
  }
  const Bytes file(reinterpret_cast<uint8_t*>(content.data()), content.size(), path);
  const Header header(file);
  constexpr uint32_t kLargest = 64U << 20;
  if (!header.good || header.image_size == 0 || header.image_size > kLargest) {
    fail(path + ": is no x64 driver image; name build/windows-driver/mydsm.sys");
  }
  size_ = (header.image_size + kPage - 1) / kPage * kPage;
  void* const place =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) {
    fail(path + ": no memory for the image");
  }
  memory_ = static_cast<uint8_t*>(place);
  const Bytes image(memory_, size_, path);
  std::memcpy(image.at(0, header.header_size), file.at(0, header.header_size), header.header_size);
  for (const Section& section : header.sections) {
    const size_t bytes = std::min(section.raw_size, section.virtual_size);
    std::memcpy(image.at(section.address, bytes), file.at(section.raw_offset, bytes), bytes);
  }
  relocate(image, header.directory(file, 5),
           reinterpret_cast<uint64_t>(memory_) - header.preferred);
  bind(image, header.directory(file, 1).first, exports, path);
  mprotect(memory_, kPage, PROT_READ);
  for (const Section& section : header.sections) {
    const size_t bytes = (section.virtual_size + kPage - 1) / kPage * kPage;
    uint8_t* const begin = image.at(section.address, bytes);
    const int protection = ((section.flags & kRead) != 0 ? PROT_READ : 0) |
                           ((section.flags & kWrite) != 0 ? PROT_WRITE : 0) |
                           ((section.flags & kExecute) != 0 ? PROT_EXEC : 0);
    if (mprotect(begin, bytes, protection) != 0) {
      fail(path + ": a section cannot be protected");
    }
    if ((section.flags & kExecute) != 0) {
      code_.push_back({begin, begin + bytes});
    }
  }
  entry_ = reinterpret_cast<DRIVER_INITIALIZE*>(memory_ + header.entry);
  preferred_ = header.preferred;
  last_image = this;
}

Image::~Image() {
  munmap(memory_, size_);
  last_image = nullptr;
}

bool Image::contains_code(const void* address) const {
  return std::any_of(code_.begin(), code_.end(), [address](const Range& range) {
    return address >= range.begin && address < range.end;
  });
}

std::string Image::function_at(const void* address) const {
  if (!contains_code(address)) {
    return "";
  }
  const auto offset = static_cast<uint64_t>(static_cast<const uint8_t*>(address) - memory_);
  char place[32];
  std::snprintf(place, sizeof(place), "+0x%llx", static_cast<unsigned long long>(offset));
  const std::string name = function_in_map(path_, preferred_ + offset);
  const std::string where = std::filesystem::path(path_).filename().string() + place;
  return name.empty() ? where : name + " (" + where + ")";
}

const Image* Image::last() {
  return last_image;
}

}  // namespace harness
