// A target that does what a test tells it, also what no target should: a thread that accepts
// connections on 127.0.0.1 and runs one script for each, in order. It shares no code with the
// initiator or with the embedded array.
#pragma once

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"

namespace io::test {

struct Pdu {
  std::array<uint8_t, 48> header{};
  std::vector<uint8_t> data;

  uint8_t opcode() const { return header[0] & 0x3f; }
  uint32_t word(size_t at) const { return base::load_be32(&header[at]); }
  void set_word(size_t at, uint32_t value) { base::store_be32(&header[at], value); }
  uint32_t tag() const { return word(16); }
};

class TargetConnection {
 public:
  explicit TargetConnection(int fd) : fd_(fd) {}

  // False at the end of the stream.
  bool read_exactly(uint8_t* to, size_t count) const {
    return count == 0 || recv(fd_, to, count, MSG_WAITALL) == static_cast<ssize_t>(count);
  }
  bool read(Pdu& pdu) const {
    if (!read_exactly(pdu.header.data(), pdu.header.size())) {
      return false;
    }
    pdu.data.resize((base::load_be24(&pdu.header[5]) + 3U) & ~3U);
    return read_exactly(pdu.data.data(), pdu.data.size());
  }
  // Reads on until a PDU of this kind comes, for scripts that need not care about the others.
  bool read(Pdu& pdu, uint8_t opcode) const {
    while (read(pdu)) {
      if (pdu.opcode() == opcode) {
        return true;
      }
    }
    return false;
  }
  void write_raw(const void* bytes, size_t count) const {
    static_cast<void>(!send(fd_, bytes, count, MSG_NOSIGNAL));
  }
  // Fills in the length, StatSN and a wide command window.
  void write(Pdu pdu, bool counts_status = true) {
    base::store_be24(&pdu.header[5], static_cast<uint32_t>(pdu.data.size()));
    pdu.set_word(24, counts_status ? status_number_++ : status_number_);
    pdu.set_word(28, command_number_);
    pdu.set_word(32, command_number_ + 256);
    pdu.data.resize((pdu.data.size() + 3) & ~size_t{3});
    write_raw(pdu.header.data(), pdu.header.size());
    write_raw(pdu.data.data(), pdu.data.size());
  }

  // Answers one login request, moving on to where the initiator wants to go.
  void answer_login(const Pdu& request, std::string_view keys, uint16_t status = 0) {
    command_number_ = request.word(24);
    Pdu answer;
    answer.header = request.header;
    answer.header[0] = 0x23;
    answer.header[36] = static_cast<uint8_t>(status >> 8);
    answer.header[37] = static_cast<uint8_t>(status);
    answer.header[15] = 1;  // TSIH
    answer.data.assign(keys.begin(), keys.end());
    answer.set_word(40, 0);
    write(answer);
  }
  // A whole login without CHAP; false when the initiator goes away.
  bool log_in(std::string_view outstanding_r2t = "1") {
    using namespace std::string_view_literals;
    std::string operational(
        "HeaderDigest=None\0DataDigest=None\0InitialR2T=No\0ImmediateData=Yes\0"
        "MaxRecvDataSegmentLength=8192\0MaxBurstLength=1048576\0FirstBurstLength=262144\0"
        "DefaultTime2Wait=0\0DefaultTime2Retain=0\0ErrorRecoveryLevel=0\0MaxOutstandingR2T="sv);
    operational.append(outstanding_r2t).push_back('\0');
    for (Pdu request; read(request, 0x03);) {
      const bool security = (request.header[1] & 0x0c) == 0;
      answer_login(request, security ? "AuthMethod=None\0TargetPortalGroupTag=1\0"sv
                                     : std::string_view(operational));
      if ((request.header[1] & 0x83) == 0x83) {
        return true;
      }
    }
    return false;
  }
  // SCSI Response to this command. `sense` is the data segment as it is, its two length bytes
  // included.
  void answer(const Pdu& command, uint8_t scsi_status, std::vector<uint8_t> sense = {},
              uint8_t response = 0) {
    command_number_ = command.word(24) + 1;
    Pdu answer;
    answer.header[0] = 0x21;
    answer.header[1] = 0x80;
    answer.header[2] = response;
    answer.header[3] = scsi_status;
    answer.set_word(16, command.tag());
    answer.data = std::move(sense);
    write(answer);
  }
  // TCP segments with data that have come in so far.
  uint32_t segments() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    return getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_data_segs_in : 0;
  }
  // While it is on, what is written waits to go out together.
  void cork(int on) const { setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }
  // Good answers until the initiator goes away.
  void serve() {
    for (Pdu command; read(command, 0x01);) {
      answer(command, 0);
    }
  }

 private:
  int fd_;
  uint32_t status_number_ = 1;
  uint32_t command_number_ = 0;
};

class ScriptedTarget {
 public:
  using Script = std::function<void(TargetConnection&)>;

  explicit ScriptedTarget(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        listen(listener_, 8) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedTarget() {
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);
    shutdown(connection_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  ScriptedTarget(const ScriptedTarget&) = delete;
  ScriptedTarget& operator=(const ScriptedTarget&) = delete;

  uint16_t port() const { return port_; }

 private:
  void run() {
    for (const Script& script : scripts_) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      connection_ = fd;
      if (!ending_) {
        TargetConnection connection(fd);
        script(connection);
      }
      connection_ = -1;
      close(fd);
    }
  }

  std::vector<Script> scripts_;
  int listener_ = -1;
  std::atomic<int> connection_{-1};
  std::atomic<bool> ending_{false};
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace io::test
