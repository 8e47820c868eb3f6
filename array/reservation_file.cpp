// See reservation_file.h. The text:
//
//   dsmkit reservations 1
//   type 5 holder 0                                 (a holder only where one nexus holds it)
//   0000000000000abc 0 80000a000001 iqn.host%20a    key, target port, ISID, name
//   sum 0123456789abcdef                            FNV-1a of the lines before
#include "array/reservation_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace array {
namespace {

constexpr std::string_view kFirstLine = "dsmkit reservations 1\n";
// More than the most registrations with the longest names take.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

std::string hex(uint64_t value, int digits) {
  char text[20];
  std::snprintf(text, sizeof(text), "%0*llx", digits, static_cast<unsigned long long>(value));
  return text;
}

std::string sum_line(std::string_view text) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) {
    sum = (sum ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return "sum " + hex(sum, 16) + "\n";
}

uint64_t number_of(const scsi::Isid& isid) {
  return uint64_t{base::load_be16(isid.data())} << 32 | base::load_be32(&isid[2]);
}

// Initiators may send any bytes as a name; here it stands between blanks in a line.
std::string quoted(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<uint8_t>(c);
    out += byte > 0x20 && byte < 0x7f && c != '%' ? std::string(1, c) : "%" + hex(byte, 2);
  }
  return out;
}

// Takes the text apart; the first thing that does not fit makes all the rest fail.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }
  bool next_is(std::string_view word) const { return rest_.substr(0, word.size()) == word; }
  void take(std::string_view word) {
    good_ = good_ && next_is(word);
    rest_.remove_prefix(good_ ? word.size() : 0);
  }
  uint64_t number(uint64_t most, int base) {
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    good_ = good_ && error == std::errc() && value <= most;
    rest_.remove_prefix(good_ ? static_cast<size_t>(end - rest_.data()) : 0);
    return good_ ? value : 0;
  }
  std::string name() {
    std::string out;
    while (good_ && !rest_.empty() && rest_.front() != '\n') {
      if (rest_.front() == '%' && rest_.size() > 2) {
        Reader digits(rest_.substr(1, 2));
        out += static_cast<char>(digits.number(255, 16));
        good_ = digits.good() && digits.at_end();
        rest_.remove_prefix(3);
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return out;
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

Registration read_registration(Reader& reader) {
  Registration registration;
  registration.key = reader.number(UINT64_MAX, 16);
  reader.take(" ");
  registration.nexus.port = static_cast<unsigned>(reader.number(UINT16_MAX, 10));
  reader.take(" ");
  const uint64_t isid = reader.number((uint64_t{1} << 48) - 1, 16);
  base::store_be16(registration.nexus.initiator.isid.data(), static_cast<uint16_t>(isid >> 32));
  base::store_be32(&registration.nexus.initiator.isid[2], static_cast<uint32_t>(isid));
  reader.take(" ");
  registration.nexus.initiator.name = reader.name();
  reader.take("\n");
  return registration;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

// The change of the folder's entry is stable, too.
bool sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced;
}

}  // namespace

std::string reservation_file_of(const std::string& lun_file) {
  return lun_file + ".reservations";
}

std::string reservations_to_text(const Reservations& reservations) {
  std::string text(kFirstLine);
  text += "type " + std::to_string(static_cast<unsigned>(reservations.type()));
  std::string lines;
  size_t index = 0;
  for (const Registration& each : reservations.registrations()) {
    if (reservations.is_holder(each) && !scsi::is_all_registrants(reservations.type())) {
      text += " holder " + std::to_string(index);
    }
    ++index;
    lines += hex(each.key, 16) + " " + std::to_string(each.nexus.port) + " " +
             hex(number_of(each.nexus.initiator.isid), 12) + " " +
             quoted(each.nexus.initiator.name) + "\n";
  }
  text += "\n" + lines;
  return text + sum_line(text);
}

std::optional<Reservations> reservations_from_text(std::string_view text) {
  Reader reader(text);
  reader.take(kFirstLine);
  reader.take("type ");
  const auto type = static_cast<scsi::ReservationType>(reader.number(15, 10));
  std::optional<size_t> holder;
  if (reader.next_is(" holder ")) {
    reader.take(" holder ");
    holder = reader.number(Reservations::kMaxRegistrations, 10);
  }
  reader.take("\n");
  std::vector<Registration> registrations;
  while (reader.good() && !reader.next_is("sum ")) {
    registrations.push_back(read_registration(reader));
  }
  const size_t sum_at = text.rfind("sum ");
  if (!reader.good() || text.substr(sum_at) != sum_line(text.substr(0, sum_at))) {
    return std::nullopt;
  }
  return Reservations::restore(std::move(registrations), type, holder);
}

bool save_reservations(const std::string& path, const Reservations& reservations) {
  if (!reservations.persists()) {
    return (unlink(path.c_str()) == 0 || errno == ENOENT) && sync_folder_of(path);
  }
  const std::string fresh = path + ".new";
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return false;
  }
  const bool written = write_all(fd, reservations_to_text(reservations)) && fsync(fd) == 0;
  close(fd);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    const int why = errno;
    unlink(fresh.c_str());
    errno = why;
    return false;
  }
  return sync_folder_of(path);
}

std::optional<Reservations> load_reservations(const std::string& path, std::string& problem) {
  problem.clear();
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    if (errno != ENOENT) {
      problem = "cannot read the persistent reservations in " + path + ": " + std::strerror(errno) +
                "; starting without any";
    }
    return std::nullopt;
  }
  std::string text(kMaxFileBytes, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  auto stored = reservations_from_text(text);
  if (!stored) {
    problem = "the persistent reservations in " + path +
              " are damaged; starting without any (hosts must register again; the file is replaced "
              "when one wants its registration to persist)";
  }
  return stored;
}

}  // namespace array
