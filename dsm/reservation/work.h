// What is known of a LUN's persistent reservation, and the work on it: at most one PERSISTENT
// RESERVE command of a LUN is under way. The record of it; what is done with it stands in
// dsm/reservation/engine.h.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "dsm/reservation/request.h"
#include "dsm/types.h"

namespace dsm {

// Which command is out, or will be after the pause.
enum class ReservationStage : uint8_t {
  idle,
  client,     // the client's own, on one path
  elsewhere,  // the same registration on the other paths, one after another
  // An answer was lost on another path: was the command executed there?
  find_keys,
  find_holder,
  learn_holder,  // PREEMPT has succeeded: who holds what now?
  check_holder,  // is it still ours? PREEMPT of our own key would else remove our registrations
  take_over,     // PREEMPT of our own key: the reservation of a path that is down comes to this one
  // A path that came (back), or on which doubt fell: is it still registered?
  confirm,           // REGISTER, from our key to our key
  confirm_keys,      // it is not: is our key registered anywhere? Then nobody has thrown us out
  confirm_register,  // REGISTER AND IGNORE EXISTING KEY
  confirm_again,     // thrown out in between? Then our key is registered only here
  confirm_undo,      // it was: the registration is taken back
  // A path that the client's unregistering did not reach: REGISTER AND IGNORE EXISTING KEY, none.
  unregister,
};

struct ReservationWork {
  // Known. The key is valid while Lun::reservation_valid.
  uint64_t key = 0;
  bool persists = false;                                     // APTPL, as last registered
  scsi::ReservationType type = scsi::ReservationType::none;  // what we hold
  NexusId holder = 0;       // 0: none of ours, all of them (all registrants), or not known
  uint64_t holder_key = 0;  // with which the holder is registered: a newer key may have missed it
  uint32_t to_confirm = 0;  // slots whose registration is in doubt
  // After the client has unregistered: the slots that it has not reached yet, and whether paths
  // that come (back) may still be registered.
  uint32_t to_unregister = 0;
  bool unregisters_comers = false;
  bool left_registered = false;  // a path has been removed since the key was registered
  // What may have been executed, and nobody was told.
  uint32_t lost_registrations = 0;  // slots: a client's REGISTER
  bool holder_in_doubt = false;     // a client's command that makes its path the holder
  // Registrations that the DSM has brought back, before the keys are counted again: they prove
  // nothing, and carry nothing.
  uint32_t brought_back = 0;       // slots
  uint32_t brought_back_left = 0;  // on paths that have been removed

  // Under way.
  ReservationStage stage = ReservationStage::idle;
  bool for_client = false;    // or the DSM's own work
  OperationId operation = 0;  // 0: nobody waits for the result any more
  OperationId list_of = 0;    // whose parameter list goes with the request
  ReserveRequest request;
  NexusId via = 0;
  CommandId command = 0;
  uint32_t tried = 0;        // slots that could not carry the command
  uint32_t todo = 0;         // slots yet to be registered ...
  uint32_t put_off = 0;      // ... of which these answered that they are busy
  uint32_t rounds = 0;       // through those
  bool to_be_sent = false;   // the command of this stage down `via`, at the end of the step
  uint32_t attempts = 0;     // of the present command, with pauses between
  uint32_t attentions = 0;   // unit attentions that came instead of its answer
  bool answer_lost = false;  // the client's command may have been executed on a path that broke
  NexusId lost_via = 0;      // the last such path
  TargetAnswer refusal;      // the first while registering elsewhere; GOOD: none
  bool ended = false;        // what it came to is told at the end of the step:
  base::Status outcome;
  TargetAnswer answer;
  TimeNs resume_at = 0;         // 0: not pausing
  TimeNs give_up_at = 0;        // on the present path
  TimeNs deadline = 0;          // of the client's operation; 0: none
  TimeNs own_not_before = 0;    // the DSM's own work, after a failure
  TimeNs doubt_not_before = 0;  // conflicts in a row are one doubt

  // A client's command that came while the DSM's own work was under way.
  OperationId waiting = 0;
  TimeNs waiting_deadline = 0;
  ReserveRequest waiting_request;
};

}  // namespace dsm
