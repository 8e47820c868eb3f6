// Where persistent reservations that outlive a loss of power are kept: a small text file beside the
// file of the logical unit, replaced as a whole or not at all. There is one only while the last
// registration asked for it (APTPL).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "array/reservations.h"

namespace array {

// "lun.img" -> "lun.img.reservations".
std::string reservation_file_of(const std::string& lun_file);

// On stable storage when it returns; reservations that do not persist leave no file. False: errno
// says why, and the former file is still there.
bool save_reservations(const std::string& path, const Reservations& reservations);
// Empty when there is nothing to load, or nothing that can be believed: then `problem` says what
// and what to do.
std::optional<Reservations> load_reservations(const std::string& path, std::string& problem);

// The file's text.
std::string reservations_to_text(const Reservations& reservations);
std::optional<Reservations> reservations_from_text(std::string_view text);

}  // namespace array
