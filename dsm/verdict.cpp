// Transport outcomes: their names, and how the Windows port drivers' SRB status maps to them.
#include "dsm/verdict.h"

namespace dsm {

const char* name_of(TransportOutcome outcome) {
  switch (outcome) {
    case TransportOutcome::delivered:
      return "delivered";
    case TransportOutcome::connection_lost:
      return "connection lost";
    case TransportOutcome::silent:
      return "silent";
    case TransportOutcome::not_sent:
      return "not sent";
    case TransportOutcome::no_device:
      return "no device";
    case TransportOutcome::bus_reset:
      return "bus reset";
    case TransportOutcome::overrun:
      return "data overrun";
    case TransportOutcome::busy:
      return "adapter busy";
    case TransportOutcome::other:
      return "other";
  }
  return "?";
}

// The numbers are those of SRB_STATUS_* in the Windows driver kit.
TransportOutcome transport_from_srb_status(uint8_t srb_status) {
  constexpr uint8_t kFlagBits = 0xc0;  // AUTOSENSE_VALID, QUEUE_FROZEN
  switch (srb_status & ~kFlagBits) {
    case 0x01:  // SUCCESS
    case 0x04:  // ERROR: the target answered with another status than GOOD
      return TransportOutcome::delivered;
    case 0x05:  // BUSY
      return TransportOutcome::busy;
    case 0x07:  // INVALID_PATH_ID
    case 0x08:  // NO_DEVICE
    case 0x0a:  // SELECTION_TIMEOUT
    case 0x11:  // NO_HBA
    case 0x20:  // INVALID_LUN
    case 0x21:  // INVALID_TARGET_ID
      return TransportOutcome::no_device;
    case 0x09:  // TIMEOUT
    case 0x0b:  // COMMAND_TIMEOUT
      return TransportOutcome::silent;
    case 0x0e:  // BUS_RESET
      return TransportOutcome::bus_reset;
    case 0x12:  // DATA_OVERRUN
      return TransportOutcome::overrun;
    case 0x25:  // LINK_DOWN
      return TransportOutcome::connection_lost;
    default:
      return TransportOutcome::other;
  }
}

}  // namespace dsm
