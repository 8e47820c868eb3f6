// Writes docs/errors.md (or any file named) from the error table.
#include <cstdio>
#include <fstream>

#include "dsm/testing/errors_document.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: errors_document FILE, from the repository's root: docs/errors.md\n", stderr);
    return 2;
  }
  std::ofstream file(argv[1]);
  file << dsm::testing::errors_document();
  if (!file.flush()) {
    std::fprintf(stderr, "cannot write %s; is its folder there and writable?\n", argv[1]);
    return 3;
  }
  return 0;
}
