// See catalog.h: is a file the one that a catalog means?
#include <algorithm>

#include "package/catalog.h"

namespace package {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string judge_file(const Catalog& catalog, const std::string& file, std::string_view bytes) {
  const std::string name = file.substr(file.rfind('/') + 1);
  Member found;
  std::string error;
  if (!make_member(name, bytes, found, error)) {
    return error;
  }
  bool is_named = false;
  for (const Member& member : catalog.members) {
    if (member.hash == found.hash) {
      return "";
    }
    is_named |= same_name(member.file, name);
  }
  const std::string what = found.kind == MemberKind::image ? "Authenticode hash " : "SHA-256 hash ";
  return name + ": its " + what + hex(found.hash) + " is not in the catalog" +
         (is_named ? ", which knows another file of this name: one of them was changed after the "
                     "catalog was made; take the file that belongs to it, or make the catalog anew"
                   : "; give the files of the package that it was made for");
}

}  // namespace package
