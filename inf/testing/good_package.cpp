// See good_package.h.
#include "inf/testing/good_package.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "inf/read.h"

namespace inf::testing {

const std::string& good_package() {
  static const std::string kGood = R"inf([Version]
Signature   = "$WINDOWS NT$"
Class       = System
ClassGuid   = {4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider    = %VENDOR%
CatalogFile = acmedsm.cat
DriverVer   = 02/29/2024,1.2.3.4
PnpLockdown = 1

[DestinationDirs]
DefaultDestDir = 13

[SourceDisksNames]
1 = %DISK%

[SourceDisksFiles]
acmedsm.sys = 1

[Manufacturer]
%VENDOR% = Acme,NTamd64.10.0...16299,NTarm64.10.0...16299

[Acme.NTamd64.10.0...16299]
%DEVICE% = Acme_Install, Root\ACMEDSM

[Acme.NTarm64.10.0...16299]
%DEVICE% = Acme_Install, Root\ACMEDSM

[Acme_Install]
CopyFiles = @acmedsm.sys

[Acme_Install.Services]
AddService = acmedsm,%ASSOCIATED%,Acme_Service

[Acme_Service]
DisplayName    = %DEVICE%
ServiceType    = 1
StartType      = 0
ErrorControl   = 1
ServiceBinary  = %13%\acmedsm.sys
LoadOrderGroup = "System Bus Extender"
AddReg         = Acme_AddReg

[Acme_AddReg]
HKR,Parameters,DsmSupportedDeviceList,0x00010000,"ACME    ARRAY           ","ACME    BOX_"
HKLM,SYSTEM\CurrentControlSet\Control\MPDEV,MPIOSupportedDeviceList,0x00010008,"ACME    ARRAY           "
HKLM,SYSTEM\CurrentControlSet\Control\MPDEV,MPIOSupportedDeviceList,0x00010008,"ACME    BOX_"

[Acme_Install.WMI]
WMIInterface = {04517f7e-92bb-4ebe-aed0-54339fa5f544},,Acme_Security

[Acme_Security]
Security = "O:BAG:BAD:(A;;0x120fff;;;BA)(A;;0x120fff;;;SY)"

[Strings]
VENDOR = "Acme"
DISK = "Acme disk"
DEVICE = "Acme DSM"
ASSOCIATED = 2
)inf";
  return kGood;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

unsigned line_of(const std::string& text, const std::string& part) {
  const size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return 1 + static_cast<unsigned>(
                 std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
}

std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += std::to_string(finding.place.line) + ":" + std::to_string(finding.place.column) + " " +
            inf::text_of(finding.rule).id + " " + finding.what + "\n";
  }
  return text;
}

std::vector<Finding> faults(const std::string& text, const Expectations& expectations) {
  std::vector<Finding> findings = check(read_bytes(text), expectations);
  std::erase_if(findings, [](const Finding& finding) {
    return inf::text_of(finding.rule).level == Level::note;
  });
  return findings;
}

}  // namespace inf::testing
