// The catalog: the drivers and the INF, and who has signed for them.
#include "cli/package/work.h"
#include "cli/profile_file.h"
#include "package/catalog.h"
#include "package/inf_parts.h"

namespace cli {
namespace {

std::string add_member(const Work& work, const std::string& path, package::Catalog& catalog) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string bytes;
  std::string error;
  package::Member member;
  if (read_text(work.in_package(path), kMostFileBytes, bytes, error) &&
      package::make_member(name, bytes, member, error)) {
    catalog.members.push_back(member);
  }
  return error;
}

}  // namespace

std::string make_catalog(Work& work) {
  package::Catalog catalog;
  catalog.made = seconds_of(work.date);
  catalog.systems = package::kSystems;
  catalog.hardware_ids = {work.identity.hardware_id()};
  std::string error;
  for (const std::string& path : work.catalogued()) {
    error = error.empty() ? add_member(work, path, catalog) : error;
  }
  if (!error.empty() ||
      !write_text(work.in_package(work.files.catalog), package::write_catalog(catalog), error)) {
    return error;
  }
  return sign(work, work.files.catalog);
}

}  // namespace cli
