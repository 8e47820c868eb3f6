// A file that a trace of the DSM goes to (docs/traces.md).
#pragma once

#include <cstdio>
#include <string>

#include "dsm/trace/recorder.h"

namespace cli {

class TraceFile {
 public:
  TraceFile() = default;
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  // Makes the file anew. An error message, or "".
  std::string open(const std::string& file);
  // Valid as long as the file. Buffered; after the first failure nothing more is written.
  dsm::trace::Sink sink();
  // Writes what is left. An error message, or "".
  std::string close();

 private:
  std::string name_;
  std::FILE* out_ = nullptr;
  int reason_ = 0;  // errno of the first failure
};

}  // namespace cli
