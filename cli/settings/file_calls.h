// The calls on files that storing settings is made of, so that a test can let each of them fail.
// Results are 0 or an errno.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

class FileCalls {
 public:
  virtual ~FileCalls() = default;

  // At most `max_bytes`; EFBIG for a longer file.
  virtual int read(const std::string& path, size_t max_bytes, std::string& text) = 0;
  // Makes the file, or empties it, and writes all of `text`. It need not be on the disk yet.
  virtual int write(const std::string& path, std::string_view text) = 0;
  // What was written to the file is on the disk.
  virtual int sync(const std::string& path) = 0;
  // `to` is replaced, at once and as a whole.
  virtual int rename(const std::string& from, const std::string& to) = 0;
  // The same under a name that nothing has yet, else EEXIST.
  virtual int rename_to_new(const std::string& from, const std::string& to) = 0;
  // The names in the folder are on the disk.
  virtual int sync_folder(const std::string& folder) = 0;
  // With those above it; 0 when it is there already.
  virtual int make_folder(const std::string& folder) = 0;
  // Waits until no other process holds it. `lock` is for unlock_folder().
  virtual int lock_folder(const std::string& folder, int& lock) = 0;
  virtual void unlock_folder(int lock) = 0;
};

// Those of this machine. Files are readable and writable by their owner only.
FileCalls& file_calls();

}  // namespace cli
