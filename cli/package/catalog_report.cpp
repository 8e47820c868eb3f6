// See catalog_report.h.
#include "cli/package/catalog_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(package::MemberKind kind) {
  switch (kind) {
    case package::MemberKind::image:
      return "image";
    case package::MemberKind::flat:
      return "file";
    case package::MemberKind::other:
      break;
  }
  return "-";
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

}  // namespace

Json catalog_json(const package::Catalog& catalog) {
  Json members = Json::array();
  for (const package::Member& member : catalog.members) {
    members.push_back({{"file", member.file},
                       {"kind", name_of(member.kind)},
                       {"hash", package::hex(member.hash)},
                       {"systems", member.systems}});
  }
  return {{"made", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t{catalog.made}))},
          {"signed", catalog.is_signed},
          {"list_id", package::hex(catalog.list_id)},
          {"systems", catalog.systems},
          {"hardware_ids", catalog.hardware_ids},
          {"members", std::move(members)}};
}

std::string catalog_text(const package::Catalog& catalog) {
  const Json document = catalog_json(catalog);
  std::string text = fmt::format("made          {}\nsigned        {}\nlist id       {}\n",
                                 document["made"].get<std::string>(),
                                 catalog.is_signed ? "yes" : "no", package::hex(catalog.list_id));
  text += fmt::format("systems       {}\n", or_dash(catalog.systems));
  for (const std::string& id : catalog.hardware_ids) {
    text += fmt::format("hardware id   {}\n", id);
  }
  text += fmt::format("members       {}\n", catalog.members.size());
  for (const package::Member& member : catalog.members) {
    text += fmt::format("  {:<64}  {:<5}  {:<8} {}\n", package::hex(member.hash),
                        name_of(member.kind), or_dash(member.systems), or_dash(member.file));
  }
  return text;
}

}  // namespace cli
