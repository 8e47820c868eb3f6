// The bare thing: one libiscsi session and the loop that its documentation shows, poll() and
// iscsi_service(), with nothing around it. No deadlines, no recovery, no accounting.
#pragma once

#include <memory>
#include <vector>

#include "base/prng.h"
#include "bench/contender.h"
#include "io/iscsi_path_config.h"

struct iscsi_context;

namespace bench {

class RawSession final : public Contender {
 public:
  // Logs in; gives up when that fails.
  RawSession(const io::IscsiPathConfig& path, ReadShape shape);
  ~RawSession() override;
  RawSession(const RawSession&) = delete;
  RawSession& operator=(const RawSession&) = delete;

  void run(uint64_t reads) override;

 private:
  struct Read;
  static void on_read(iscsi_context*, int status, void* task, void* read);
  void submit(Read& read);
  void service(int events);

  iscsi_context* context_;
  int lun_;
  ReadShape shape_;
  uint32_t block_bytes_ = 0;
  uint64_t places_ = 0;
  base::Prng prng_{1};
  std::vector<std::unique_ptr<Read>> reads_;
  uint64_t to_submit_ = 0;
  uint64_t to_finish_ = 0;
};

}  // namespace bench
