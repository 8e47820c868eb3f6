// See catalog.h: reading. What is not understood in a member or behind it is passed over; what the
// catalog stands and falls with is not.
#include <map>

#include "package/catalog.h"
#include "package/catalog_ids.h"
#include "package/der.h"
#include "package/utf16.h"

namespace package {
namespace {

using der::Element;
using der::Reader;

constexpr size_t kLongestHash = 64;

bool is_object(const Element& element, const char* object_id) {
  return element.tag == der::kObjectId && der::object_id_text(element.content) == object_id;
}

struct NameValue {
  std::string name;
  std::string value;
};

bool read_name_value(const Element& element, NameValue& out) {
  Reader parts(element);
  Element name;
  Element flags;
  Element value;
  if (element.tag != der::kSequence || !parts.next(der::kBmpString, name) ||
      !parts.next(der::kInteger, flags) || !parts.next(der::kOctets, value)) {
    return false;
  }
  std::string_view text = value.content;
  if (text.size() >= 2 && text.substr(text.size() - 2) == std::string_view("\0\0", 2)) {
    text.remove_suffix(2);
  }
  out = {text_of_utf16_be(name.content), text_of_utf16_le(text)};
  return true;
}

MemberKind kind_of(const Element& indirect_data) {
  Element what;
  Element type;
  if (!Reader(indirect_data).next(der::kSequence, what) || !Reader(what).next(type)) {
    return MemberKind::other;
  }
  return is_object(type, id::kImageData)  ? MemberKind::image
         : is_object(type, id::kFlatData) ? MemberKind::flat
                                          : MemberKind::other;
}

void read_attribute(const Element& attribute, Member& out) {
  Reader parts(attribute);
  Element type;
  Element values;
  Element value;
  NameValue pair;
  if (!parts.next(der::kObjectId, type) || !parts.next(der::kSet, values) ||
      !Reader(values).next(value)) {
    return;
  }
  if (is_object(type, id::kIndirectData)) {
    out.kind = kind_of(value);
  } else if (is_object(type, id::kNameValue) && read_name_value(value, pair)) {
    if (pair.name == "File") {
      out.file = pair.value;
    } else if (pair.name == "OSAttr") {
      out.systems = pair.value;
    }
  }
}

// In catalogs by SHA-1 the hash stands there as text.
std::string hash_of_tag(std::string_view tag, bool is_text) {
  if (!is_text) {
    return std::string(tag);
  }
  std::string bytes;
  const std::string text = text_of_utf16_le(tag);
  const auto digit = [&text](size_t at) {
    const char c = text[at];
    return c >= '0' && c <= '9' ? c - '0' : (c >= 'A' && c <= 'F') ? c - 'A' + 10 : 0;
  };
  for (size_t i = 0; i + 1 < text.size() && bytes.size() < kLongestHash; i += 2) {
    bytes += static_cast<char>(digit(i) << 4 | digit(i + 1));
  }
  return bytes;
}

class CatalogReader {
 public:
  CatalogReader(Catalog& catalog, std::string& error) : out_(catalog), error_(error) {}

  bool message(std::string_view bytes) {
    Reader file(bytes);
    Element info;
    Element type;
    Element wrapped;
    Element data;
    if (!file.next(der::kSequence, info)) {
      return fail(file, "a PKCS #7 message in DER");
    }
    if (!file.at_end()) {
      return fail(file, "the end of the file");
    }
    Reader parts(info);
    if (!parts.next(type) || !is_object(type, id::kSignedData)) {
      return fail(info, "signed data (PKCS #7)");
    }
    if (!parts.next(der::context(0), wrapped) || !Reader(wrapped).next(der::kSequence, data)) {
      return fail(parts, "its content");
    }
    return signed_data(data);
  }

 private:
  bool fail(size_t offset, const char* expected) {
    error_ = std::string("is no security catalog: ") + expected + " expected at byte " +
             std::to_string(offset) + "; give a .cat as Inf2Cat or dsmkit makes it";
    return false;
  }
  bool fail(const Reader& at, const char* expected) { return fail(at.offset(), expected); }
  bool fail(const Element& in, const char* expected) { return fail(in.offset, expected); }

  bool signed_data(const Element& data) {
    Reader parts(data);
    Element version;
    Element algorithms;
    Element content;
    Element type;
    Element wrapped;
    Element list;
    if (!parts.next(der::kInteger, version) || !parts.next(der::kSet, algorithms) ||
        !parts.next(der::kSequence, content)) {
      return fail(parts, "version, algorithms and content of signed data");
    }
    Reader inner(content);
    if (!inner.next(type) || !is_object(type, id::kTrustList) ||
        !inner.next(der::context(0), wrapped) || !Reader(wrapped).next(der::kSequence, list)) {
      return fail(content, "a certificate trust list");
    }
    Element rest;
    while (parts.next(rest)) {  // certificates, revocation lists, signers
      out_.is_signed |= rest.tag == der::kSet && !rest.content.empty();
    }
    return parts.at_end() ? trust_list(list) : fail(parts, "the signers");
  }

  bool trust_list(const Element& list) {
    Reader parts(list);
    Element usage;
    Element usage_id;
    Element list_id;
    Element made;
    Element algorithm;
    Element by;
    Element entries;
    if (!parts.next(der::kSequence, usage) || !Reader(usage).next(usage_id) ||
        !is_object(usage_id, id::kCatalogList)) {
      return fail(list, "a list of the kind of catalogs");
    }
    if (!parts.next(der::kOctets, list_id) || !parts.next(made) ||
        !der::read_time(made, out_.made)) {
      return fail(parts, "the list's identifier and date");
    }
    out_.list_id = list_id.content;
    if (!parts.next(der::kSequence, algorithm) || !Reader(algorithm).next(by)) {
      return fail(parts, "what the members are known by");
    }
    tags_are_text_ = is_object(by, id::kMembersBySha1);
    if (!tags_are_text_ && !is_object(by, id::kMembersBySha256)) {
      return fail(algorithm, "members by SHA-1 or SHA-256");
    }
    if (!parts.next(der::kSequence, entries)) {
      return fail(parts, "the members");
    }
    Element wrapped;
    return members(entries) && (parts.at_end() || (parts.next(der::context(0), wrapped)
                                                       ? extensions(wrapped)
                                                       : fail(parts, "extensions, or the end")));
  }

  bool members(const Element& entries) {
    Reader each(entries);
    Element entry;
    while (each.next(der::kSequence, entry)) {
      Reader parts(entry);
      Element tag;
      Element attributes;
      if (!parts.next(der::kOctets, tag) || !parts.next(der::kSet, attributes)) {
        return fail(parts, "a member's hash and attributes");
      }
      Member member;
      member.hash = hash_of_tag(tag.content.substr(0, 4 * kLongestHash), tags_are_text_);
      Reader all(attributes);
      Element attribute;
      while (all.next(der::kSequence, attribute)) {
        read_attribute(attribute, member);
      }
      if (!all.at_end()) {
        return fail(all, "an attribute of a member");
      }
      out_.members.push_back(std::move(member));
    }
    return each.at_end() || fail(each, "a member");
  }

  bool extensions(const Element& wrapped) {
    Element list;
    if (!Reader(wrapped).next(der::kSequence, list)) {
      return fail(wrapped, "the extensions");
    }
    Reader each(list);
    Element extension;
    std::map<unsigned long, std::string> hardware_ids;
    while (each.next(der::kSequence, extension)) {
      Reader parts(extension);
      Element type;
      Element value;
      Element pair;
      NameValue said;
      if (!parts.next(type) || !is_object(type, id::kNameValue) ||
          !parts.next(der::kOctets, value) || !Reader(value).next(pair) ||
          !read_name_value(pair, said)) {
        continue;  // an extension of another kind
      }
      if (said.name == "OS") {
        out_.systems += (out_.systems.empty() ? "" : ",") + said.value;
      } else if (said.name.starts_with("HWID")) {
        hardware_ids[std::strtoul(said.name.c_str() + 4, nullptr, 10)] = said.value;
      }
    }
    for (auto& [number, hardware_id] : hardware_ids) {
      out_.hardware_ids.push_back(std::move(hardware_id));
    }
    return each.at_end() || fail(each, "an extension");
  }

  Catalog& out_;
  std::string& error_;
  bool tags_are_text_ = false;
};

}  // namespace

bool read_catalog(std::string_view bytes, Catalog& out, std::string& error) {
  out = {};
  return CatalogReader(out, error).message(bytes);
}

}  // namespace package
