// Two hosts with a multipath disk each, at one array: what one does with persistent reservations,
// and what the other may do then. Everything on one virtual clock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mpio/disk.h"
#include "scsi/persistent_reservation.h"
#include "sim/array_target.h"
#include "sim/fabric.h"

namespace sim {

class TwoHosts {
 public:
  // `together`: as two members of one disk, see mpio::UnsettledWrites.
  explicit TwoHosts(uint32_t paths, dsm::PolicyId policy = dsm::PolicyId::round_robin,
                    bool together = false);
  ~TwoHosts();

  class Host final : public mpio::DiskObserver {
   public:
    Host(TwoHosts& world, const std::string& name, dsm::PolicyId policy);
    ~Host();

    // PERSISTENT RESERVE OUT by the client of the disk: "GOOD", "CONFLICT", "5/24/00", "errno 5".
    std::string reserve(scsi::ReserveOutAction action, uint64_t key,
                        uint64_t service_action_key = 0,
                        scsi::ReservationType type = scsi::ReservationType::none);
    std::string register_key(uint64_t key) {
      return reserve(scsi::ReserveOutAction::register_and_ignore_existing_key, 0, key);
    }
    // Any command with data from the target.
    std::string command(const scsi::Cdb& cdb, std::vector<uint8_t>& data);
    // Several reads and writes, so that every path has its turn: "rw", "r-", "-w", "--".
    std::string access();
    int read();  // errno of one
    int write();
    // A write that may take its time.
    struct Transfer {
      std::vector<uint8_t> data;
      mpio::IoSlice slice;
      mpio::BlockRequest request;
      bool done = false;
    };
    Transfer& begin(mpio::BlockOp op);

    // The network of a path: gone, and back.
    void lose(uint32_t path);
    void heal(uint32_t path);
    // Healed, and in use again.
    void wait_for(uint32_t path);

    mpio::Disk& disk() { return *disk_; }
    Fabric& fabric() { return fabric_; }
    std::vector<std::string> notes;

   private:
    void on_path_state(unsigned, mpio::PathState, mpio::PathState, const std::string&) override {}
    void on_note(const std::string& text) override { notes.push_back(text); }
    void on_settled() override;
    int transfer(mpio::BlockOp op);
    std::string run(mpio::ScsiRequest& request);

    TwoHosts& world_;
    ArrayTarget target_;
    Fabric fabric_;
    HostClock loop_;
    std::vector<std::unique_ptr<Transfer>> transfers_;
    std::unique_ptr<mpio::Disk> disk_;
    friend class TwoHosts;
  };

  bool run_until(const std::function<bool()>& condition, uint64_t within_ns = 100 * kSecond);
  void run_ms(uint64_t ms) { clock.run_until(clock.now_ns() + ms * kMillisecond); }
  // The target's view: how many nexuses are registered with this key.
  size_t registered(uint64_t key) const;
  scsi::ReservationType type() const;

  Clock clock;
  std::unique_ptr<array::Array> storage;

 private:
  Findings findings_;
  Timeline timeline_{false};
  uint32_t paths_;
  std::shared_ptr<mpio::UnsettledWrites> unsettled_;

 public:
  std::unique_ptr<Host> first;
  std::unique_ptr<Host> second;
};

}  // namespace sim
