// The stages of the work on a reservation, and how one follows another. Inside dsm/reservation/
// only.
#pragma once

#include "dsm/reservation/answer.h"
#include "dsm/step.h"

namespace dsm::reservation {

// An answer that ends a stage. Answer::again does not, and Answer::later only when the time is up.
struct Answered {
  Answer answer = Answer::refused;
  const CommandDone& done;
  const scsi::Sense& sense;
};

// Begins `stage` with its command down `via`: proceed() sends it, at the end of the step, where the
// stack is not as deep.
void go(Lun& lun, const Nexus& via, ReservationStage stage);
// Nothing is under way any more.
void rest(Lun& lun);

// A nexus that can carry the commands of this work.
bool is_usable(const Nexus& nexus);
uint32_t usable_slots(Lun& lun);
uint32_t registered_slots(Lun& lun);
// Another path than that of `slot` surely has our key.
bool others_are_registered(Lun& lun, unsigned slot);
// A path of ours holds the reservation, and is not usable now, or not known.
bool holder_is_lost(Lun& lun);
bool is_exclusive(scsi::ReservationType type);  // only its holder may use the LUN

// --- what is known (knowledge.cpp)
void registered(Step& step, Lun& lun, Nexus& nexus, bool yes);
void hold(Step& step, Lun& lun, scsi::ReservationType type, NexusId holder);
// All registrations but that of `survivor` (may be null) are in doubt, or gone.
void doubt_others(Lun& lun, const Nexus* survivor);
// No key, no reservation: as if nothing had been registered.
void forget(Lun& lun);
// The same; but the paths in ReservationWork::to_unregister, and if there are such those that come
// back, may still be registered.
void forget_where_reached(Lun& lun);

// --- client.cpp: the client's command
bool registers(const ReserveRequest& request);
bool unregisters(const ReserveRequest& request);
void begin_client(Step& step, Lun& lun, OperationId operation, TimeNs deadline,
                  const ReserveRequest& request);
void on_client_stage(Step& step, Lun& lun, Nexus& nexus, const Answered& answered);
void on_holder_learnt(Step& step, Lun& lun, const Nexus& nexus, const Answered& answered);
// The nexus that was to carry the present stage cannot any more.
void client_path_lost(Step& step, Lun& lun);
TargetAnswer answer_of(const Answered& answered);
// What has come of the command. An answer that is not given is GOOD. proceed() tells it, by
// end_client(), at the end of the step; then nothing is under way.
void finish(Lun& lun, base::Status status, const TargetAnswer& answer = {});
void end_client(Step& step, Lun& lun);

// --- elsewhere.cpp: its registration comes to the other paths
// The command has registered, or changed, the key of `nexus`.
void on_registered(Step& step, Lun& lun, Nexus& nexus);
// It has unregistered that path.
void begin_elsewhere(Step& step, Lun& lun, const Nexus& done_already);
// The next of the paths that are to be registered.
void next_elsewhere(Step& step, Lun& lun);
void on_elsewhere(Step& step, Lun& lun, Nexus& nexus, const Answered& answered);

// --- own_work.cpp: confirmation, and taking over
// Begins what there is to do.
void begin_own(Step& step, Lun& lun);
void on_own_stage(Step& step, Lun& lun, Nexus& nexus, const Answered& answered);

}  // namespace dsm::reservation
