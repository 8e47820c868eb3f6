// Makes the last part of docs/traces.md anew, from the layout of the records.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "replay/testing/traces_document.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: traces_document FILE, from the repository's root: docs/traces.md\n", stderr);
    return 2;
  }
  std::ostringstream text;
  text << std::ifstream(argv[1]).rdbuf();
  const std::string page = text.str();
  const size_t at = page.find(replay::testing::kFieldsTitle);
  if (at == std::string::npos) {
    std::fprintf(stderr, "%s has no line \"## All fields\"; is it docs/traces.md?\n", argv[1]);
    return 2;
  }
  std::ofstream file(argv[1]);
  file << page.substr(0, at) << replay::testing::fields_document();
  if (!file.flush()) {
    std::fprintf(stderr, "cannot write %s; is its folder there and writable?\n", argv[1]);
    return 3;
  }
  return 0;
}
