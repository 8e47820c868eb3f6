// How the kernel says that a command has ended: did the target answer it, and what; or what else
// became of it.
#pragma once

#include <scsi/sg.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "mpio/transport.h"

namespace io::sg {

// Did the target answer? Else the kernel has given the command up: timed out, adapter or port gone,
// reset by its error recovery. It may have been executed all the same.
bool answered(const sg_io_hdr& header);

// Of a command that was not answered, for a person: "DID_NO_CONNECT, the adapter cannot reach the
// port".
std::string reason_of(const sg_io_hdr& header);

// Fills the outcome of an answered command whose sense data went to `sense`. The header may say
// anything: what cannot be is cut.
void take_answer(const sg_io_hdr& header, base::Bytes sense, mpio::TransportCommand& command);

}  // namespace io::sg
