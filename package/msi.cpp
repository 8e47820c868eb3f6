#include "package/msi.h"

#include <algorithm>
#include <array>

#include "inf/driver_names.h"
#include "package/files.h"
#include "package/xml.h"

namespace package {
namespace {

// Where Windows Installer's own actions stand.
constexpr int kRemoveFiles = 3500;
constexpr int kInstallFiles = 4000;
constexpr int kInstallFinalize = 6600;

constexpr uint16_t kMostOfMsi = 255;  // the first two numbers of a version

// Windows Installer takes no other digits.
char capital(char c) {
  return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
}

// In values that Windows Installer formats, brackets and braces have a meaning.
std::string literally(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool special = std::string_view("[]{}").find(c) != std::string_view::npos;
    out += special ? std::string("[\\") + c + "]" : std::string(1, c);
  }
  return out;
}

std::string dotted(const std::array<uint16_t, 4>& version, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += (i == 0 ? "" : ".") + std::to_string(version[i]);
  }
  return out;
}

// The next after what Windows Installer takes for this version.
std::array<uint16_t, 4> next(std::array<uint16_t, 4> version) {
  version[3] = 0;
  if (version[2] != UINT16_MAX) {
    ++version[2];
    return version;
  }
  version[2] = 0;
  if (version[1] != kMostOfMsi) {
    ++version[1];
    return version;
  }
  version[1] = 0;
  ++version[0];
  return version;
}

class Wxs {
 public:
  explicit Wxs(const profile::Identity& identity)
      : identity_(identity),
        files_(files_of(identity)),
        version_(dotted(identity.version, 4)),
        msi_version_(dotted(identity.version, 3)) {}

  std::string text() {
    out_ =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<!-- The MSI of " +
        xml_text(files_.driver) + " " + version_ +
        ", for wixl. -->\n"
        "<Wix xmlns=\"http://schemas.microsoft.com/wix/2006/wi\">\n";
    add_product();
    add_upgrade();
    add_files();
    add_actions();
    return out_ + "  </Product>\n</Wix>\n";
  }

 private:
  // Of what belongs to all versions, or to this one.
  std::string guid(const std::string& what) const {
    std::string text = profile::guid_text(profile::guid_of_name(
        profile::kGuidNamespace, identity_.vendor + "/" + identity_.service + ".msi/" + what));
    std::transform(text.begin(), text.end(), text.begin(), capital);
    return text;
  }
  void line(const std::string& text) { out_ += "    " + text + "\n"; }

  void add_product() {
    out_ += "  <Product Id=\"" + guid("product " + version_) + "\" UpgradeCode=\"" +
            guid("upgrade") + "\" Name=\"" + xml_text(identity_.display_name) + "\" Version=\"" +
            msi_version_ + "\" Language=\"1033\" Manufacturer=\"" + xml_text(identity_.company) +
            "\">\n";
    line("<Package InstallerVersion=\"500\" Compressed=\"yes\" InstallScope=\"perMachine\"/>");
    line("<Media Id=\"1\" Cabinet=\"package.cab\" EmbedCab=\"yes\"/>");
    line("<Condition Message=\"" + xml_text(literally(identity_.display_name)) +
         " is for 64-bit Windows only.\">VersionNT64</Condition>");
  }

  // A newer one takes the older away when it is installed itself. Versions that differ only in
  // their fourth number are the same to Windows Installer, so they replace each other both ways.
  void add_upgrade() {
    line("<Upgrade Id=\"" + guid("upgrade") + "\">");
    line("  <UpgradeVersion Minimum=\"0.0.0\" IncludeMinimum=\"yes\" Maximum=\"" +
         dotted(next(identity_.version), 3) + "\" Property=\"FORMER\"/>");
    line("  <UpgradeVersion Minimum=\"" + msi_version_ +
         "\" IncludeMinimum=\"no\" Maximum=\"255.255.65535\" OnlyDetect=\"yes\" "
         "Property=\"NEWER\"/>");
    line("</Upgrade>");
    line("<Condition Message=\"A newer version of " + xml_text(literally(identity_.display_name)) +
         " is installed: uninstall that first.\">NOT NEWER</Condition>");
  }

  // What it makes it takes away again, when nothing else is in there; versions share it.
  std::string folder_component(const std::string& id, const std::string& what) const {
    return "<Component Id=\"" + id + "\" Win64=\"yes\" Guid=\"" + guid("folder of " + what) +
           "\"><CreateFolder/></Component>";
  }

  // Each version lies in a folder of its own, so that the old one is there until the new one works.
  void add_files() {
    const std::string names[] = {files_.inf, files_.catalog, files_.driver, files_.setup};
    line("<Directory Id=\"TARGETDIR\" Name=\"SourceDir\"><Directory Id=\"ProgramFiles64Folder\">");
    line("  <Directory Id=\"CompanyFolder\" Name=\"" +
         xml_text(inf::folder_name(identity_.company)) + "\">" +
         folder_component("CompanyComponent", "company"));
    line("  <Directory Id=\"DriverFolder\" Name=\"" + xml_text(identity_.service) + "\">" +
         folder_component("DriverComponent", "driver"));
    line("    <Directory Id=\"PackageFolder\" Name=\"" + version_ + "\">");
    for (size_t i = 0; i < std::size(names); ++i) {
      const std::string number = std::to_string(i + 1);
      line("      <Component Id=\"Component" + number + "\" Win64=\"yes\" Guid=\"" +
           guid("file " + names[i] + " " + version_) + "\"><File Id=\"File" + number +
           "\" Name=\"" + xml_text(names[i]) + "\" Source=\"" + xml_text(names[i]) +
           "\" KeyPath=\"yes\"/></Component>");
    }
    line("    </Directory>");
    line("  </Directory></Directory>");
    line("</Directory></Directory>");
    line("<Feature Id=\"Driver\" Level=\"1\">");
    line("  <ComponentRef Id=\"CompanyComponent\"/><ComponentRef Id=\"DriverComponent\"/>");
    for (size_t i = 0; i < std::size(names); ++i) {
      line("  <ComponentRef Id=\"Component" + std::to_string(i + 1) + "\"/>");
    }
    line("</Feature>");
  }

  void add_action(const char* id, const char* entry, const char* execute, const char* result) {
    line(std::string("<CustomAction Id=\"") + id + "\" BinaryKey=\"Setup\" DllEntry=\"" + entry +
         "\" Execute=\"" + execute + "\" Impersonate=\"no\" Return=\"" + result + "\"/>");
  }
  // By number: wixl puts what only stands after something anywhere behind it.
  void schedule(const char* id, int sequence, const char* condition) {
    line(std::string("  <Custom Action=\"") + id + "\" Sequence=\"" + std::to_string(sequence) +
         "\">" + xml_text(condition) + "</Custom>");
  }

  // The functions of windows/setup/win32/msi_actions.cpp. An action that takes back stands before
  // what it takes back. The package of a former version is not uninstalled when the new one takes
  // it away: its driver is the new one's by then.
  void add_actions() {
    const char* const installing = "NOT REMOVE~=\"ALL\"";
    const char* const uninstalling = "REMOVE~=\"ALL\" AND NOT UPGRADINGPRODUCTCODE";
    line("<Binary Id=\"Setup\" SourceFile=\"$(var.Build)/" + xml_text(files_.actions) + "\"/>");
    line("<CustomAction Id=\"SetInstall\" Property=\"Install\" Value=\"[PackageFolder]|" +
         xml_text(literally(files_.inf)) + "|" + xml_text(literally(identity_.hardware_id())) +
         "\"/>");
    add_action("TakeBackInstall", "TakeBack", "rollback", "ignore");
    add_action("Install", "InstallDriver", "deferred", "check");
    line("<CustomAction Id=\"SetUninstall\" Property=\"Uninstall\" Value=\"[PackageFolder]\"/>");
    add_action("TakeBackUninstall", "TakeBack", "rollback", "ignore");
    add_action("Uninstall", "UninstallDriver", "deferred", "check");
    add_action("MakeFinal", "MakeFinal", "commit", "ignore");
    add_action("AskForRestart", "AskForRestart", "immediate", "ignore");
    line("<InstallExecuteSequence>");
    schedule("SetUninstall", kRemoveFiles - 3, uninstalling);
    schedule("TakeBackUninstall", kRemoveFiles - 2, uninstalling);
    schedule("Uninstall", kRemoveFiles - 1, uninstalling);
    schedule("SetInstall", kInstallFiles + 1, installing);
    schedule("TakeBackInstall", kInstallFiles + 2, installing);
    schedule("Install", kInstallFiles + 3, installing);
    schedule("MakeFinal", kInstallFiles + 4, "NOT UPGRADINGPRODUCTCODE");
    line("  <RemoveExistingProducts Sequence=\"" + std::to_string(kInstallFinalize + 1) + "\"/>");
    schedule("AskForRestart", kInstallFinalize + 2, "NOT UPGRADINGPRODUCTCODE");
    line("</InstallExecuteSequence>");
  }

  const profile::Identity& identity_;
  const Files files_;
  const std::string version_;
  const std::string msi_version_;
  std::string out_;
};

}  // namespace

std::string unfit_for_msi(const profile::Identity& identity) {
  for (size_t i = 0; i < 2; ++i) {
    if (identity.version[i] > kMostOfMsi) {
      return "version " + dotted(identity.version, 4) +
             ": Windows Installer has no version whose first or second number is above 255; give "
             "the driver another";
    }
  }
  return {};
}

std::string wxs_of(const profile::Identity& identity) {
  return Wxs(identity).text();
}

}  // namespace package
