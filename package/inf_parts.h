// What both layouts of the INF have.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "inf/date.h"
#include "inf/write.h"
#include "package/files.h"
#include "package/wmi_access.h"
#include "profile/identity.h"

namespace package {

// What an INF is made of.
struct InfSource {
  const profile::Profile& profile;
  profile::Identity identity;
  Files files;
  inf::Date date;
};

// An INF under construction. Section names begin with the service's, so that they are nobody
// else's.
class InfBuilder {
 public:
  explicit InfBuilder(const InfSource& source) : source_(source) {}

  inf::Writer& out() { return out_; }
  const InfSource& source() const { return source_; }
  const std::string& text() const { return out_.text(); }

  // The name of a section: "acmedsm" and what stands behind it.
  std::string named(std::string_view rest) const {
    return source_.identity.service + std::string(rest);
  }
  // "key = value,value,..."; the values as they must stand in a line.
  void entry(std::string_view key, std::initializer_list<std::string_view> values);
  // Keys of the section are padded to so many characters.
  void pad_keys_to(size_t width) { width_ = width; }

  void opening(std::string_view layout);
  void version(std::string_view provider);
  void service(std::string_view binary_folder, std::string_view display_name,
               std::string_view add_reg, bool explained);
  // HKR: what the driver reads when it starts, and the devices that it claims.
  void parameters();
  // Those names of numbers that are used; the last of [Strings].
  void number_strings();

  // f(index, access) for each class that the driver registers.
  template <typename F>
  void for_each_class(F&& f) const {
    for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
      if (const WmiAccess access = access_of(i); access != WmiAccess::part) {
        f(i, access);
      }
    }
  }

 private:
  const InfSource& source_;
  inf::Writer out_;
  size_t width_ = 0;
};

// A text as it must stand outside of [Strings], where a percent sign begins a name.
std::string in_line(std::string_view text);
std::string version_text(const profile::Identity& identity);  // "3.1.4.0"
// Bytes as INF files have them: "00", "1f".
std::string byte_text(uint8_t byte);

void write_modern(InfBuilder& inf);
void write_classic(InfBuilder& inf);

}  // namespace package
