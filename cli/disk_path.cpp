// See disk_path.h.
#include "cli/disk_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/iscsi_url.h"
#include "io/resolver.h"
#include "io/sg/address.h"
#include "mpio/disk.h"

namespace cli {
namespace {

// False: `error` says why.
bool parse_one(const std::string& text, const std::string& initiator_name,
               io::IscsiPathConfig& path, std::string& error) {
  io::IscsiUrl parsed = io::parse_iscsi_url(text);
  if (!parsed.error.empty()) {
    error = parsed.error;
    return false;
  }
  io::add_credentials_from_environment(parsed.path);
  const std::string name = initiator_name.empty() ? io::default_initiator_name() : initiator_name;
  io::set_initiator(parsed.path, name, 0);
  path = std::move(parsed.path);
  return true;
}

bool parse_one(const std::string& text, const std::string& initiator_name, DiskPath& path,
               std::string& error) {
  if (!text.starts_with(io::sg::kScheme)) {
    return parse_one(text, initiator_name, path.emplace<io::IscsiPathConfig>(), error);
  }
  io::sg::ParsedAddress parsed = io::sg::parse_address(text);
  error = parsed.error;
  path = SgPath{std::move(parsed.node)};
  return error.empty();
}

std::string given_twice(const io::IscsiPathConfig& path) {
  return fmt::format(
      "portal {} of target {} is given twice; two paths through one port are one path, so give "
      "another portal or leave it out",
      io::portal_text(path.host, path.port), path.target);
}

std::string given_twice(const DiskPath& path) {
  if (const auto* sg = std::get_if<SgPath>(&path)) {
    return fmt::format("the node {} is given twice; give another one or leave it out", sg->node);
  }
  return given_twice(std::get<io::IscsiPathConfig>(path));
}

template <typename Path>
bool parse_all(const std::vector<std::string>& texts, const std::string& initiator_name,
               std::string_view option, std::vector<Path>& paths, std::string& error) {
  if (texts.size() > mpio::Disk::kMaxPaths) {
    error = fmt::format("{} paths are given; a disk has at most {}", texts.size(),
                        mpio::Disk::kMaxPaths);
    return false;
  }
  for (const std::string& text : texts) {
    Path path;
    std::string why;
    if (!parse_one(text, initiator_name, path, why)) {
      error = fmt::format("{} {}: {}", option, paths.size() + 1, why);
      return false;
    }
    const bool twice = std::any_of(paths.begin(), paths.end(),
                                   [&path](const Path& other) { return same_path(other, path); });
    if (twice) {
      error = given_twice(path);
      return false;
    }
    paths.push_back(std::move(path));
  }
  return true;
}

}  // namespace

bool same_path(const DiskPath& a, const DiskPath& b) {
  const auto* sg = std::get_if<SgPath>(&a);
  const auto* other_sg = std::get_if<SgPath>(&b);
  if (sg != nullptr || other_sg != nullptr) {
    return sg != nullptr && other_sg != nullptr && sg->node == other_sg->node;
  }
  return same_path(std::get<io::IscsiPathConfig>(a), std::get<io::IscsiPathConfig>(b));
}

bool same_path(const io::IscsiPathConfig& a, const io::IscsiPathConfig& b) {
  return a.host == b.host && a.port == b.port && a.target == b.target && a.lun == b.lun;
}

bool parse_path(const std::string& text, const std::string& initiator_name, DiskPath& path,
                std::string& error) {
  return parse_one(text, initiator_name, path, error);
}

bool parse_paths(const std::vector<std::string>& texts, const std::string& initiator_name,
                 std::vector<DiskPath>& paths, std::string& error) {
  return parse_all(texts, initiator_name, "--path", paths, error);
}

bool parse_portals_to_ask(const std::vector<std::string>& urls, const std::string& initiator_name,
                          std::vector<io::IscsiPathConfig>& portals, std::string& error) {
  return parse_all(urls, initiator_name, "--discover", portals, error);
}

std::vector<io::IscsiPathConfig> iscsi_paths(const std::vector<DiskPath>& paths) {
  std::vector<io::IscsiPathConfig> found;
  for (const DiskPath& path : paths) {
    if (const auto* iscsi = std::get_if<io::IscsiPathConfig>(&path)) {
      found.push_back(*iscsi);
    }
  }
  return found;
}

mpio::PathPorts ports_of(const DiskPath& path) {
  const auto* iscsi = std::get_if<io::IscsiPathConfig>(&path);
  return iscsi == nullptr ? mpio::PathPorts{}
                          : mpio::PathPorts{iscsi->initiator_name, iscsi->target,
                                            io::portal_text(iscsi->host, iscsi->port)};
}

}  // namespace cli
