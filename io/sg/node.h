// An open node of the kernel's SCSI generic driver (/dev/sgN), and what opens one. The real one is
// system calls (kernel_node.h); tests have one of their own that speaks the same semantics
// (testing/fake_node.h).
//
// The driver's asynchronous interface is version 3: write() of an sg_io_hdr hands a command over,
// read() takes an ended one back, at most SG_MAX_QUEUE are outstanding per open node. Commands that
// are outstanding when a node is closed go on in the kernel.
//
// Threads: one event loop.
#pragma once

#include <scsi/sg.h>

#include <functional>
#include <memory>
#include <string>

namespace io::sg {

inline constexpr int kAnyPackId = -1;

class Node {
 public:
  // Closes it.
  virtual ~Node() = default;

  // These return 0 or an errno value, and never wait for a device.
  // write(): the data of a command to the target has been copied when it returns; what else the
  // header points to - where data of a command from the target goes, where sense goes - is used by
  // reap() only.
  virtual int submit(const sg_io_hdr& header) = 0;
  // read(): EAGAIN when nothing has ended. With SG_SET_FORCE_PACK_ID only of `header.pack_id`, or
  // of any for kAnyPackId; the header must look like one of version 3 then.
  virtual int reap(sg_io_hdr& header) = 0;
  virtual int control(unsigned long request, void* argument) = 0;

  // "MAJOR:MINOR", as /sys/dev/char names it.
  virtual std::string device_number() const = 0;

  // Calls `handler` from the loop, again and again, while something can be reaped, or with `gone`
  // when the device has left. The handler may unwatch or close the node.
  virtual void watch(std::function<void(bool gone)> handler) = 0;
  virtual void unwatch() = 0;
};

class Driver {
 public:
  // Null, and an errno value in `error`; ENOTTY for what is no character device.
  virtual std::unique_ptr<Node> open(const std::string& path, int& error) = 0;

 protected:
  ~Driver() = default;
};

}  // namespace io::sg
