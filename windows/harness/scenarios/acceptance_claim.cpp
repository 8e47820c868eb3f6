// Acceptance: which device is ours, and which LUN it is, at the boundary of request blocks. The
// numbers are those of dsm/acceptance, which has the same list for the DSM itself.
#include "scsi/opcodes.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

using Bytes = std::vector<uint8_t>;

// Association and type of a designator, without and with a protocol identifier.
constexpr uint8_t kOfTarget = 0x20;
constexpr uint8_t kOfIscsiTarget = 0xa0;
constexpr uint8_t kIscsi = 0x50;
constexpr uint8_t kBinary = 1;
constexpr uint8_t kUtf8 = 3;
constexpr uint8_t kNaa = 3;
constexpr uint8_t kScsiName = 8;

Bytes designator(uint8_t code_set, uint8_t association_and_type, const Bytes& value) {
  Bytes bytes = {code_set, association_and_type, 0, static_cast<uint8_t>(value.size())};
  bytes.insert(bytes.end(), value.begin(), value.end());
  return bytes;
}
Bytes naa_of_8_bytes(uint8_t last) {
  return {0x52, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, last};
}

// The device's VPD page 83h becomes what `change` makes of it.
template <typename Change>
void identify(ScsiDevice& device, Change change) {
  device.tamper = [change](const scsi::Cdb& cdb, Bytes& page) {
    if (cdb.opcode() == scsi::kInquiry && cdb.bytes[2] == 0x83) {
      change(page);
      page[3] = static_cast<uint8_t>(page.size() - 4);
    }
  };
}
// With the zeros that fill it up.
Bytes target_name(const std::string& name) {
  Bytes value(name.begin(), name.end());
  value.resize(name.size() / 4 * 4 + 4);
  return designator(kIscsi | kUtf8, kOfIscsiTarget | kScsiName, value);
}

// 28: a name of the target, longer than any other, stands before the LUN's own. (The stand-in
// compares the identities.)
void identity_of_the_lun(const std::string& driver) {
  const Bytes of_target = target_name("iqn.2026-11.dev.dsmkit:a-target-with-a-name-of-some-length");
  for (const bool shows : {true, false}) {
    Scene scene(driver);
    scene.must_load();
    scene.mpio.shows_identifiers = shows;
    identify(scene.device(1), [&of_target](Bytes& page) {
      page.insert(page.begin() + 4, of_target.begin(), of_target.end());
    });
    scene.arrive(2);
    expect_equal(scene.mpio.device_count(), 2U, "devices of the one disk");
    expect_states(scene, "AO AO", "the one disk");
    scene.unload();
  }
}

// The LUN's name is as long as the target's, which stands before it: two LUNs of that target are
// two disks, and one LUN down two targets is one.
void naa_of_the_same_length(const std::string& driver) {
  const auto named = [](uint8_t target, uint8_t lun) {
    return [target, lun](Bytes& page) {
      const Bytes of_target = designator(kBinary, kOfTarget | kNaa, naa_of_8_bytes(target));
      const Bytes of_lun = designator(kBinary, kNaa, naa_of_8_bytes(lun));
      page.resize(4);
      page.insert(page.end(), of_target.begin(), of_target.end());
      page.insert(page.end(), of_lun.begin(), of_lun.end());
    };
  };
  for (const bool shows : {true, false}) {
    array::Config config = Scene::symmetric_array();
    config.luns.push_back(config.luns.front());
    Scene scene(driver, config);
    scene.must_load();
    scene.mpio.shows_identifiers = shows;
    ScsiDevice& other = scene.add_device(0, 1);
    identify(scene.device(0), named(1, 7));
    identify(scene.device(1), named(2, 7));
    identify(other, named(1, 8));
    scene.arrive(2);
    expect(scene.mpio.arrive(other), "another LUN of the first target");
    expect_states(scene, "AO AO", "the LUN down two targets");
    expect_states(scene, "AO", "the other LUN", 1);
    scene.unload();
  }
}

// 29: what is in the list, and begins the device's vendor and product, is claimed: nothing else is.
void supported_devices(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  const auto claims = [&scene](const std::vector<std::u16string>& list) {
    scene.support(list);
    const bool claimed = scene.mpio.arrive(scene.device(0));
    if (claimed) {
      scene.mpio.remove(scene.device(0), true);
    }
    return claimed;
  };
  const std::u16string whole = u"DSMKIT  EMBEDDED ARRAY  ";
  for (size_t length = 1; length <= whole.size(); ++length) {
    expect(claims({whole.substr(0, length)}), std::to_string(length) + " characters of its name");
  }
  expect(claims({u"dsmkit  embedded array"}), "lower case");
  expect(claims({u"OTHER", u"Dsmkit"}), "the second entry");
  std::u16string forty = whole;
  forty.resize(40, u' ');
  const std::vector<std::u16string> lists[] = {
      {},
      {u"OTHER"},
      {forty},
      {whole + u"################"},
      {whole + u' '},
      {std::u16string(40, u'#')},
      {u"DSMKIT  EMBEDDED ARRAY 2"},
      {u"DSMKITEMBEDDED ARRAY"},
      {u"DSMKIT  EMBEDDED_ARRAY"},
      {u"SMKIT"},
      {u" "},
      {u"        "},
      {u"", u"OTHER", u"DSMKIT"},  // an empty entry ends the list
      {u"OTHER", forty, u"OTHER"},
  };
  for (const std::vector<std::u16string>& list : lists) {
    expect(!claims(list),
           "a device that nobody listed is not claimed, list " + std::to_string(&list - lists));
  }
  expect(claims({forty, u"DSMKIT"}), "one behind an entry that is too long");
  machine().registry.clear();
  expect(!scene.mpio.arrive(scene.device(0)), "without a list no device is claimed");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/28_identity-of-the-lun", identity_of_the_lun},
    {"acceptance/28_naa-of-the-same-length", naa_of_the_same_length},
    {"acceptance/29_supported-devices", supported_devices},
};

}  // namespace

std::span<const Scenario> acceptance_claim_scenarios() {
  return kScenarios;
}

}  // namespace harness
