// See chap_options.h.
#include "cli/chap_options.h"

#include <fmt/format.h>

namespace cli {
namespace {

bool parse_account(const ChapOption& option, io::iscsi::ChapAccount& account, std::string& error) {
  const std::string& text = option.text;
  if (text.empty()) {
    return true;
  }
  const size_t percent = text.find('%');
  if (percent == 0 || percent == std::string::npos || percent + 1 == text.size()) {
    error = fmt::format("{} needs USER%SECRET", option.name);  // not the text: it may be a secret
    return false;
  }
  account = {text.substr(0, percent), text.substr(percent + 1)};
  return true;
}

}  // namespace

// RFC 7143 12.1.3 and 9.2.1: a secret that proves both sides proves neither.
bool parse_accounts(const ChapOption& one_way, const ChapOption& mutual,
                    io::iscsi::ChapAccount& chap, io::iscsi::ChapAccount& chap_mutual,
                    std::string& error) {
  if (!parse_account(one_way, chap, error) || !parse_account(mutual, chap_mutual, error)) {
    return false;
  }
  if (!chap_mutual.empty() && chap.empty()) {
    error = fmt::format("{} needs {}: the target proves itself only to who has proved himself",
                        mutual.name, one_way.name);
  } else if (!chap_mutual.empty() && chap_mutual.secret == chap.secret) {
    error = fmt::format("{} and {} have the same secret; choose another for one of them",
                        one_way.name, mutual.name);
  }
  return error.empty();
}

}  // namespace cli
