// Persistent reservations of a LUN over all its paths. SPC-4 5.12.
//
// The client (cluster software) sees one nexus where there are many, so what it registers is
// registered on every path that works, and on each that comes later before it carries I/O. A path
// that comes back is registered again only if the target shows that nobody has thrown this host out
// meanwhile. A reservation of a type that only its holder may use lives on one path; when that path
// dies, another takes the reservation over.
//
// A command is tried again on the same path through unit attentions at once, through transitions
// and queues with pauses and up to a time; a path that cannot carry it leaves it to the next. When
// an answer is lost, the target is asked what became of the command. RESERVATION CONFLICT is the
// target's last word. Under the LUN's lock; inside dsm/ only.
#pragma once

#include "dsm/event.h"
#include "dsm/step.h"

namespace dsm::reservation {

// The operation reserve_out.
void start(Step& step, Lun& lun, const Operation& operation);
// False: no such operation is under way. What has been sent goes on.
bool cancel(Step& step, Lun& lun, OperationId id);
// True when the command was this work's.
bool on_command_done(Step& step, Lun& lun, Nexus& nexus, const CommandDone& done);
void on_time(Step& step, Lun& lun);
// The LUN goes away.
void on_lun_leaving(Step& step, Lun& lun);
TimeNs due(const Lun& lun);

// What happens to a nexus.
void on_activated(Lun& lun, const Nexus& nexus);  // before its lifecycle changes
void on_down(const Lun& lun, Nexus& nexus);
void on_left(Lun& lun, const Nexus& nexus);
enum class Doubt : uint8_t { news, conflict };
void on_doubt(const Step& step, Lun& lun, const Nexus& nexus, Doubt doubt);
// After everything else: begins what waits, when nothing is under way, and plans anew when
// something was learnt.
void proceed(Step& step, Lun& lun);

// The slots that carry I/O while a key is valid.
uint32_t entitled_slots(Lun& lun, uint32_t registered);

// No path may carry I/O, but a command is under way that can change that: the nexus that it takes.
// Until it has ended I/O is held, not failed. Null otherwise.
const Nexus* restorer(Lun& lun);

}  // namespace dsm::reservation
