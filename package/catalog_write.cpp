// See catalog.h: writing. The structure is the certificate trust list of Microsoft's documentation
// (CTL_INFO) in a SignedData of PKCS #7 (RFC 2315) that nobody has signed yet.
#include <algorithm>

#include "package/catalog.h"
#include "package/catalog_ids.h"
#include "package/der.h"
#include "package/utf16.h"

namespace package {
namespace {

constexpr size_t kListIdBytes = 16;

std::string name_and_value(std::string_view name, std::string_view value) {
  std::string text = utf16_le(value);
  text.append(2, '\0');
  return der::sequence({der::element(der::kBmpString, utf16_be(name)),
                        der::integer(id::kNameValueFlags), der::element(der::kOctets, text)});
}

std::string attribute(const char* object_id, std::string value) {
  return der::sequence({der::object_id(object_id), der::set_of({std::move(value)})});
}

std::string extension(std::string_view name, std::string_view value) {
  return der::sequence(
      {der::object_id(id::kNameValue), der::element(der::kOctets, name_and_value(name, value))});
}

// What was hashed, and how. The file itself is not named here: the link to it is empty.
std::string indirect_data(const Member& member) {
  const std::string link = der::element(der::context(2), der::element(der::context(0, false), ""));
  const std::string_view flags("\x03\x02\x05\xa0", 4);  // a bit string: resources, and imports
  const std::string image = der::sequence({flags, der::element(der::context(0), link)});
  const bool is_image = member.kind == MemberKind::image;
  const std::string what = der::sequence(
      {der::object_id(is_image ? id::kImageData : id::kFlatData), is_image ? image : link});
  const std::string algorithm =
      der::sequence({der::object_id(id::kSha256), der::element(der::kNull, "")});
  return der::sequence({what, der::sequence({algorithm, der::element(der::kOctets, member.hash)})});
}

std::string entry(const Member& member) {
  const std::string attributes =
      der::set_of({attribute(id::kNameValue, name_and_value("File", member.file)),
                   attribute(id::kNameValue, name_and_value("OSAttr", member.systems)),
                   attribute(id::kIndirectData, indirect_data(member)),
                   attribute(id::kMemberInfo2, der::element(der::context(2, false), ""))});
  return der::sequence({der::element(der::kOctets, member.hash), attributes});
}

std::string extensions(const Catalog& catalog) {
  std::string all = extension("OS", catalog.systems);
  for (size_t i = catalog.hardware_ids.size(); i > 0; --i) {
    std::string text = catalog.hardware_ids[i - 1];
    for (char& c : text) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    all += extension("HWID" + std::to_string(i), text);
  }
  return der::element(der::context(0), der::element(der::kSequence, all));
}

}  // namespace

bool make_member(const std::string& file, std::string_view bytes, Member& out, std::string& error) {
  Hash hash{};
  out = {};
  out.file = file;
  out.systems = kMemberSystems;
  out.kind = is_image(bytes) ? MemberKind::image : MemberKind::flat;
  if (out.kind == MemberKind::flat) {
    hash = hash_of(bytes);
  } else if (!image_hash(bytes, hash, error)) {
    error = file + ": " + error;
    return false;
  }
  out.hash = bytes_of(hash);
  return true;
}

std::string write_catalog(Catalog catalog) {
  std::vector<Member>& members = catalog.members;
  const auto before = [](const Member& a, const Member& b) { return a.hash < b.hash; };
  const auto same = [](const Member& a, const Member& b) { return a.hash == b.hash; };
  std::stable_sort(members.begin(), members.end(), before);
  members.erase(std::unique(members.begin(), members.end(), same), members.end());
  std::string entries;
  for (const Member& member : members) {
    entries += entry(member);
  }
  const std::string made = der::time(catalog.made);
  const Hash sum = hash_of(made + entries);
  const std::string list = der::sequence(
      {der::sequence({der::object_id(id::kCatalogList)}),
       der::element(der::kOctets, bytes_of(sum).substr(0, kListIdBytes)), made,
       der::sequence({der::object_id(id::kMembersBySha256), der::element(der::kNull, "")}),
       der::element(der::kSequence, entries), extensions(catalog)});
  const std::string content =
      der::sequence({der::object_id(id::kTrustList), der::element(der::context(0), list)});
  const std::string message = der::sequence(
      {der::integer(1), der::set_of({}), content, der::set_of({})});  // no algorithm, no signer
  return der::sequence({der::object_id(id::kSignedData), der::element(der::context(0), message)});
}

}  // namespace package
