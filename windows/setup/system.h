// All that the installer does to a machine, and asks it, behind one interface: Windows' (win32/) or
// that of the tests (testing/fake_system.h). Texts are UTF-8. What fails throws Failure; each call
// that changes something changes it or fails, but for install_driver(), which may stop half way.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace setup {

struct Failure {
  std::string what;   // one line: the thing and the place
  uint32_t code = 0;  // Win32 error; 0: the text says it all
};

enum class Machine : uint8_t { x86, x64, arm64, other };
const char* name_of(Machine machine);

enum class Folder : uint8_t {
  program_files,  // C:\Program Files
  drivers,        // C:\Windows\System32\drivers
  published,      // C:\Windows\INF, where driver packages that were accepted are known as oemN.inf
};

// Of a value in the registry, by Windows' numbers.
inline constexpr uint32_t kRegMultiSz = 7;

struct RegistryValue {
  uint32_t type = 0;
  std::string bytes;  // as stored

  friend bool operator==(const RegistryValue&, const RegistryValue&) = default;
};

// A node of the device tree that somebody made for a hardware id.
struct DeviceNode {
  std::string instance;   // ROOT\SYSTEM\0007
  std::string published;  // oem3.inf: the package of its driver; empty: it has none

  friend bool operator==(const DeviceNode&, const DeviceNode&) = default;
};

enum class Feature : uint8_t { absent, disabled, enabled };

// An adapter that disks may appear behind.
struct Adapter {
  std::string instance;
  std::string description;
  std::vector<std::string>
      disks;  // instances of the disks below it: SCSI\DISK&VEN_ACME&PROD_BOX\...
};

class System {
 public:
  virtual ~System() = default;

  // Who asks, and where.
  virtual bool is_elevated() = 0;
  virtual Machine machine() = 0;      // the system's, not that of this program
  virtual Machine own_machine() = 0;  // that this program was built for
  virtual std::string folder(Folder which) = 0;
  virtual std::string own_path() = 0;
  // A second run of the same installer must wait. False: somebody else has it.
  virtual bool take_lock(const std::string& name) = 0;
  // Appends to a file, the standard one without a name; what it is called. Empty: there is no log,
  // which keeps nobody from his work.
  virtual std::string open_log(const std::string& file, const std::string& name) = 0;
  virtual void log(const std::string& line) = 0;  // with the time

  // Files. Deleting what is not there is no failure.
  virtual std::string absolute(const std::string& path) = 0;
  virtual bool has_file(const std::string& path) = 0;
  virtual bool has_folder(const std::string& path) = 0;
  virtual std::string read_file(const std::string& path) = 0;
  virtual std::vector<std::string> files_in(const std::string& folder) = 0;  // names; empty if none
  virtual void make_folder(const std::string& path) = 0;
  virtual void copy_file(const std::string& from, const std::string& to) = 0;
  // True: Windows deletes it when it starts again.
  virtual bool delete_file(const std::string& path) = 0;
  virtual bool delete_folder(
      const std::string& path) = 0;  // one that is not empty stays: a failure

  // The registry, below HKEY_LOCAL_MACHINE. Setting makes the key, and is on the disk when it
  // returns. Deleting what is not there is no failure.
  virtual std::optional<RegistryValue> value(const std::string& key, const std::string& name) = 0;
  virtual std::vector<std::string> subkeys(const std::string& key) = 0;
  virtual void set_value(const std::string& key, const std::string& name,
                         const RegistryValue& value) = 0;
  virtual void delete_value(const std::string& key, const std::string& name) = 0;
  virtual void delete_empty_key(const std::string& key) = 0;  // one with something in it stays
  // Forgotten when the machine starts again.
  virtual void note_restart() = 0;
  virtual bool restart_is_noted() = 0;

  // Drivers. True: the machine must be restarted before it holds.
  virtual std::vector<DeviceNode> devices_with(const std::string& hardware_id) = 0;
  virtual void create_device(const std::string& hardware_id, const std::string& inf) = 0;
  virtual bool remove_device(const std::string& instance) = 0;
  virtual std::string stage(const std::string& inf) = 0;  // the name it was published by
  virtual void unstage(const std::string& published) = 0;
  virtual bool install_driver(const std::string& hardware_id, const std::string& inf) = 0;

  virtual bool has_service(const std::string& name) = 0;
  virtual bool service_runs(const std::string& name) = 0;
  virtual void delete_service(const std::string& name) = 0;

  virtual Feature mpio() = 0;
  virtual bool enable_mpio() = 0;
  virtual bool disable_mpio() = 0;

  // Adapters. For each disk that holds a part of a volume, its node and those above it, from the
  // disk up; empty: not known.
  virtual std::vector<Adapter> adapters() = 0;
  virtual std::vector<std::vector<std::string>> disks_of_volume(const std::string& volume) = 0;
  // False: something below it is in use, so it goes on as it was.
  virtual bool restart_adapter(const std::string& instance) = 0;
};

}  // namespace setup
