// The machine that the installer runs on, by way of Windows' own functions (Windows Server 2016 and
// later). setup/system.h says what each does.
#pragma once

#include <string>
#include <vector>

#include "windows/setup/system.h"

namespace setup {

class Win32System : public System {
 public:
  // `name` of the installer; `program`: its file, empty if it is what runs.
  explicit Win32System(std::string name, std::string program = {})
      : name_(std::move(name)), program_(std::move(program)) {}
  ~Win32System() override;
  Win32System(const Win32System&) = delete;
  Win32System& operator=(const Win32System&) = delete;

  bool is_elevated() override;
  Machine machine() override;
  Machine own_machine() override;
  std::string folder(Folder which) override;
  std::string own_path() override;
  bool take_lock(const std::string& name) override;
  std::string open_log(const std::string& file, const std::string& name) override;
  void log(const std::string& line) override;

  std::string absolute(const std::string& path) override;
  bool has_file(const std::string& path) override;
  bool has_folder(const std::string& path) override;
  std::string read_file(const std::string& path) override;
  std::vector<std::string> files_in(const std::string& folder) override;
  void make_folder(const std::string& path) override;
  void copy_file(const std::string& from, const std::string& to) override;
  bool delete_file(const std::string& path) override;
  bool delete_folder(const std::string& path) override;

  std::optional<RegistryValue> value(const std::string& key, const std::string& name) override;
  std::vector<std::string> subkeys(const std::string& key) override;
  void set_value(const std::string& key, const std::string& name,
                 const RegistryValue& value) override;
  void delete_value(const std::string& key, const std::string& name) override;
  void delete_empty_key(const std::string& key) override;
  void note_restart() override;
  bool restart_is_noted() override;

  std::vector<DeviceNode> devices_with(const std::string& hardware_id) override;
  void create_device(const std::string& hardware_id, const std::string& inf) override;
  bool remove_device(const std::string& instance) override;
  std::string stage(const std::string& inf) override;
  void unstage(const std::string& published) override;
  bool install_driver(const std::string& hardware_id, const std::string& inf) override;

  bool has_service(const std::string& name) override;
  bool service_runs(const std::string& name) override;
  void delete_service(const std::string& name) override;

  Feature mpio() override;
  bool enable_mpio() override;
  bool disable_mpio() override;

  std::vector<Adapter> adapters() override;
  std::vector<std::vector<std::string>> disks_of_volume(const std::string& volume) override;
  bool restart_adapter(const std::string& instance) override;

 private:
  bool waits_for_deletion(const std::string& path);

  std::string name_;  // of the installer: what it keeps until the machine starts again
  std::string program_;
  void* lock_ = nullptr;
  void* log_ = nullptr;
};

}  // namespace setup
