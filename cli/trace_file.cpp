// See trace_file.h.
#include "cli/trace_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace cli {

TraceFile::~TraceFile() {
  static_cast<void>(close());
}

std::string TraceFile::open(const std::string& file) {
  name_ = file;
  out_ = std::fopen(file.c_str(), "wb");
  return out_ != nullptr
             ? ""
             : fmt::format("--record {}: cannot write it: {}", file, std::strerror(errno));
}

dsm::trace::Sink TraceFile::sink() {
  return {this, [](void* context, base::Bytes record) {
            TraceFile& self = *static_cast<TraceFile*>(context);
            if (self.reason_ == 0 &&
                std::fwrite(record.data(), 1, record.size(), self.out_) != record.size()) {
              self.reason_ = errno;
            }
          }};
}

std::string TraceFile::close() {
  if (out_ == nullptr) {
    return "";
  }
  if (std::fclose(out_) != 0 && reason_ == 0) {
    reason_ = errno;
  }
  out_ = nullptr;
  return reason_ == 0
             ? ""
             : fmt::format("{}: the trace is not complete: {}", name_, std::strerror(reason_));
}

}  // namespace cli
