// Makes the last part of docs/profiles.md anew, from the table of keys.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "profile/testing/document.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: profiles_document FILE, from the repository's root: docs/profiles.md\n",
               stderr);
    return 2;
  }
  std::ostringstream text;
  text << std::ifstream(argv[1]).rdbuf();
  const std::string page = text.str();
  const size_t at = page.find(profile::testing::kKeysTitle);
  if (at == std::string::npos) {
    std::fprintf(stderr, "%s has no line \"## All keys\"; is it docs/profiles.md?\n", argv[1]);
    return 2;
  }
  std::ofstream file(argv[1]);
  file << page.substr(0, at) << profile::testing::keys_document();
  if (!file.flush()) {
    std::fprintf(stderr, "cannot write %s; is its folder there and writable?\n", argv[1]);
    return 3;
  }
  return 0;
}
