// See administrator.h.
#include "windows/harness/administrator.h"

#include <algorithm>

namespace harness {
namespace {

template <typename Path>
PolicyOf<Path> decode(const std::vector<uint8_t>& bytes) {
  PolicyOf<Path> policy;
  policy.head = field<wire::Policy>(bytes, 0);
  for (ULONG i = 0; i < policy.head.DSMPathCount; ++i) {
    policy.paths.push_back(field<Path>(bytes, sizeof(policy.head) + i * sizeof(Path)));
  }
  expect_equal(bytes.size(), sizeof(policy.head) + policy.paths.size() * sizeof(Path),
               "bytes of a policy");
  return policy;
}

}  // namespace

std::vector<uint8_t> Administrator::ask(const GUID& guid) {
  const Mpio::Reply size = mpio_.query(guid, 0);
  expect_equal(size.status, STATUS_BUFFER_TOO_SMALL, "a query without a buffer");
  Mpio::Reply reply = mpio_.query(guid, size.bytes);
  expect_equal(reply.status, STATUS_SUCCESS, "a query");
  return reply.data;
}

PolicyV2 Administrator::policy() {
  return decode<wire::PathV2>(ask(driver::kQueryPolicyV2));
}

PolicyV1 Administrator::policy_v1() {
  return decode<wire::Path>(ask(driver::kQueryPolicy));
}

NTSTATUS Administrator::execute(ULONG method, const std::vector<uint8_t>& in) {
  const Mpio::Reply reply =
      mpio_.execute(driver::kLoadBalanceOperations, method, in, sizeof(ULONG));
  expect_equal(reply.bytes, ULONG{sizeof(ULONG)}, "bytes of the method's answer");
  if (NT_SUCCESS(reply.status)) {
    expect_equal(field<NTSTATUS>(reply.data, 0), reply.status, "Status of the method");
  }
  return reply.status;
}

NTSTATUS Administrator::set(const PolicyV2& policy) {
  return execute(wire::kSetPolicyV2, policy.bytes());
}

NTSTATUS Administrator::set(const PolicyV1& policy) {
  return execute(wire::kSetPolicy, policy.bytes());
}

NTSTATUS Administrator::clear() {
  return set(
      PolicyV2{.head = {.Version = 2, .LoadBalancePolicy = 0, .DSMPathCount = 0, .Reserved = 0},
               .paths = {}});
}

NTSTATUS Administrator::set_policy(ULONG number) {
  PolicyV2 all = policy();
  all.head.LoadBalancePolicy = number;
  for (wire::PathV2& path : all.paths) {
    path.PrimaryPath = path.OptimizedPath = 1;
  }
  return set(all);
}

void Administrator::must_set_primary(ULONG number, const std::string& marks, unsigned preferred) {
  PolicyV2 all = policy();
  all.head.LoadBalancePolicy = number;
  for (size_t i = 0; i < all.paths.size(); ++i) {
    all.paths[i].PrimaryPath = marks[i] == '1' ? 1 : 0;
    all.paths[i].OptimizedPath = 1;
    all.paths[i].PreferredPath = i + 1 == preferred ? 1 : 0;
  }
  expect_equal(set(all), STATUS_SUCCESS, "policy " + std::to_string(number));
}

wire::DefaultPolicy Administrator::dsm_wide() {
  return field<wire::DefaultPolicy>(ask(driver::kDefaultPolicy), 0);
}

NTSTATUS Administrator::set_dsm_wide(ULONG policy, ULONGLONG preferred) {
  std::vector<uint8_t> in;
  append(in, wire::DefaultPolicy{policy, 0, preferred});
  return mpio_.set(driver::kDefaultPolicy, in);
}

NTSTATUS Administrator::set_target(std::u16string_view hardware_id, ULONG policy,
                                   ULONGLONG preferred) {
  wire::TargetPolicy target{
      .HardwareId = {}, .LoadBalancePolicy = policy, .Reserved = 0, .PreferredPath = preferred};
  target.HardwareId.Bytes = static_cast<USHORT>(hardware_id.size() * sizeof(char16_t));
  std::copy(hardware_id.begin(), hardware_id.end(), target.HardwareId.Characters);
  std::vector<uint8_t> in;
  append(in, wire::Count{1, 0});
  append(in, target);
  return mpio_.set(driver::kTargetsDefaultPolicy, in);
}

std::u16string lun_key() {
  std::u16string container = Scene::parameters() + u"\\DsmLoadBalanceSettings\\";
  std::transform(container.begin(), container.end(), container.begin(), [](char16_t unit) {
    return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 0x20) : unit;
  });
  for (const auto& [path, value] : machine().registry.all()) {
    if (path.compare(0, container.size(), container) == 0) {
      return path.substr(0, path.find(u'\\', container.size()));
    }
  }
  return {};
}

}  // namespace harness
