// What a scenario sees of the paths of a disk: which of them carry its reads, and their states.
// Paths are named by the number of their port, from 1.
#pragma once

#include <initializer_list>
#include <map>
#include <string>

#include "scsi/sense.h"
#include "windows/harness/scenario.h"

namespace harness {

void must_read(Scene& scene, Request& request, unsigned disk = 0);
// Of the path that has carried it.
unsigned number_of(const Request& request);
// The paths of the next reads, one after another: "1212".
std::string next_reads(Scene& scene, unsigned count, unsigned disk = 0);
void expect_reads(Scene& scene, const std::string& expected, const std::string& what,
                  unsigned disk = 0);

// The states of the paths as the DSM tells them, in the order of their arrival: "AO SB FAILED".
std::string states(Scene& scene, unsigned disk = 0);
void expect_states(Scene& scene, const std::string& expected, const std::string& what,
                   unsigned disk = 0);

// The path fails, as MPIO tells the DSM, and is taken into use again.
void lose(Scene& scene, unsigned port);
void bring_back(Scene& scene, unsigned port);

// The request as it comes back from the port driver, without sense data and with some.
void come_back(Request& request, const scsi::Cdb& cdb, UCHAR srb_status, uint8_t scsi_status);
void come_back(Request& request, const scsi::Cdb& cdb, UCHAR srb_status, const scsi::Sense& sense);

// What of these kinds a device has taken since `from`, in its order: "A4 A3".
std::string in_order(const ScsiDevice& device, size_t from, std::initializer_list<uint8_t> kinds);
// Commands of one kind that the first devices have taken.
unsigned commands(Scene& scene, unsigned devices, uint8_t opcode);
// A trace session has got it, with (among others) these fields.
void expect_event(const std::string& name, const std::map<std::string, std::string>& fields);
void let_pass(uint64_t duration_ns);

}  // namespace harness
