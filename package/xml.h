// Text in an XML document: of an element, or of an attribute in double quotes.
#pragma once

#include <string>
#include <string_view>

namespace package {

std::string xml_text(std::string_view text);

}  // namespace package
