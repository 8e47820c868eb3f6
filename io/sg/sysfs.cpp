// See sysfs.h. The tree is documented in the kernel's Documentation/ABI and in the transport
// classes themselves (scsi_transport_fc, scsi_transport_sas, scsi_transport_iscsi).
#include "io/sg/sysfs.h"

#include <climits>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

namespace io::sg {
namespace {

constexpr size_t kMaxAttributeBytes = 512;

// Name of a port from its attribute "0x2100...".
std::string naa_name(std::string_view attribute) {
  if (!attribute.starts_with("0x") || attribute.size() <= 2) {
    return {};
  }
  return "naa." + std::string(attribute.substr(2));
}

}  // namespace

void Sysfs::find(const std::string& device_number) {
  const std::string link = root_ + "/dev/char/" + device_number + "/device";
  const std::unique_ptr<char, void (*)(void*)> real(realpath(link.c_str(), nullptr), std::free);
  device_ = real != nullptr ? real.get() : "";
}

// One line; "" where it is not there.
std::string Sysfs::read(const std::string& path) const {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.size() > kMaxAttributeBytes) {
    return {};
  }
  return line;
}

// The component of the device's path that begins with `prefix` and a digit.
std::string Sysfs::part(std::string_view prefix) const {
  const std::string wanted = "/" + std::string(prefix);
  for (size_t at = device_.find(wanted); at != std::string::npos;
       at = device_.find(wanted, at + 1)) {
    const size_t number = at + wanted.size();
    if (number < device_.size() && device_[number] >= '0' && device_[number] <= '9') {
      return device_.substr(at + 1, device_.find('/', number) - at - 1);
    }
  }
  return {};
}

std::string Sysfs::before_host() const {
  const size_t host = device_.find("/" + part("host") + "/");
  if (host == std::string::npos || host == 0) {
    return {};
  }
  const size_t slash = device_.rfind('/', host - 1);
  return device_.substr(slash + 1, host - slash - 1);
}

std::string Sysfs::state() const {
  return found() ? read(state_file()) : "";
}

mpio::PathPorts Sysfs::ports() const {
  const std::string host = part("host");
  if (host.empty()) {
    return {};
  }
  const std::string classes = root_ + "/class/";
  if (const std::string session = part("session"); !session.empty()) {
    const std::string iscsi = classes + "iscsi_session/" + session + "/";
    const std::string connection =
        classes + "iscsi_connection/connection" + session.substr(7) + ":0/";
    mpio::PathPorts ports{
        read(iscsi + "initiatorname"), read(iscsi + "targetname"),
        read(connection + "persistent_address") + ":" + read(connection + "persistent_port")};
    if (!ports.initiator.empty() && !ports.target.empty()) {
      return ports;
    }
  }
  if (const std::string port = part("rport-"); !port.empty()) {
    mpio::PathPorts ports{naa_name(read(classes + "fc_host/" + host + "/port_name")),
                          naa_name(read(classes + "fc_remote_ports/" + port + "/port_name")), "fc"};
    if (!ports.initiator.empty() && !ports.target.empty()) {
      return ports;
    }
  }
  std::string adapter = before_host();
  if (const std::string end = part("end_device-"); !end.empty()) {
    const std::string target = naa_name(read(classes + "sas_device/" + end + "/sas_address"));
    const std::string own = naa_name(read(classes + "scsi_host/" + host + "/host_sas_address"));
    if (!target.empty()) {
      return {own.empty() ? adapter : own, target, "sas"};
    }
  }
  // "H:C:T:L", of which H and C may change their meaning with the next start of the machine; but
  // nothing else is left.
  const std::string address = device_.substr(device_.rfind('/') + 1);
  const size_t channel = address.find(':') + 1;
  return {adapter, "", "scsi-" + address.substr(channel, address.rfind(':') - channel)};
}

}  // namespace io::sg
