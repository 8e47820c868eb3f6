// Limits of a session, back-pressure, and the ways in which it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "io/nbd/session.h"
#include "io/nbd/testing/session_fixture.h"

namespace io::nbd {
namespace {

using NbdSessionLimits = testing::SessionFixture;
using testing::kDiskBytes;
using testing::pattern;
using testing::ram_geometry;
using testing::Reply;
using testing::Text;

TEST_F(NbdSessionLimits, StopsListeningAtTheNumberOfRequests) {
  start(ram_geometry(kDiskBytes), {.max_requests = 4});
  go(true);
  device->hold();
  Text many;
  for (uint64_t i = 0; i < 100; ++i) {
    const Text one = request(Command::read, i * 512, 512, 0, i);
    many.insert(many.end(), one.begin(), one.end());
  }
  size_t fed = feed(many);
  EXPECT_LE(fed, 6 * kRequestBytes);
  EXPECT_EQ(device->waiting(), 4u);
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  // A completion alone gives nothing back: the reply has to be fetched.
  device->complete_oldest();
  EXPECT_EQ(progress_calls, 1);
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  drain_output();
  EXPECT_EQ(device->waiting(), 4u);
  device->release();
  std::set<uint64_t> cookies;
  while (fed < many.size()) {
    scheduler.run_due();
    drain_output();
    const size_t more = feed(base::slice(many, fed));
    ASSERT_NE(more, 0u);
    fed += more;
  }
  while (session->outstanding() != 0) {  // some were read ahead and start as slots come back
    scheduler.run_due();
    drain_output();
  }
  while (!output.empty()) {
    EXPECT_TRUE(cookies.insert(reply().cookie).second);
  }
  EXPECT_EQ(cookies.size(), 100u);
}

TEST_F(NbdSessionLimits, StopsListeningAtTheMemory) {
  start(ram_geometry(kDiskBytes), {.max_requests = 100, .max_buffer_bytes = 32u << 20});
  go(true);
  device->hold();
  Text many;
  for (uint64_t i = 0; i < 10; ++i) {
    const Text one = request(Command::read, 0, (4u << 20) + 512, 0, i);  // takes 8 MiB
    many.insert(many.end(), one.begin(), one.end());
  }
  size_t fed = feed(many);
  EXPECT_EQ(device->waiting(), 4u);
  // The largest request gets the memory that smaller ones left in the pool.
  device->release();
  while (fed < many.size()) {
    scheduler.run_due();
    drain_output();
    fed += feed(base::slice(many, fed));
  }
  scheduler.run_due();
  drain_output();
  output.clear();
  exchange(request(Command::read, 0, 32u << 20, 0, 1));
  EXPECT_EQ(reply().data.size(), 32u << 20);
  EXPECT_EQ(error_of(write_request(0, Text(32u << 20))), 0u);
}

TEST_F(NbdSessionLimits, PartialOutput) {
  go(true);
  std::ranges::copy(pattern(65536), device->bytes().begin());
  for (uint64_t i = 0; i < 3; ++i) {
    feed(request(Command::read, i * 4096, 4096, 0, i));
  }
  scheduler.run_due();
  drain_output(1000);
  for (uint64_t i = 0; i < 3; ++i) {
    const Reply read = reply();
    EXPECT_EQ(read.cookie, i);
    EXPECT_TRUE(std::ranges::equal(read.data, std::span(device->bytes()).subspan(i * 4096, 4096)));
  }
}

TEST_F(NbdSessionLimits, DisconnectFinishesWhatIsOutstanding) {
  go(false);
  device->hold();
  feed(request(Command::read, 0, 512));
  feed(request(Command::disconnect, 0, 0));
  EXPECT_FALSE(session->finished());
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  device->complete_oldest();
  EXPECT_FALSE(session->finished());
  drain_output();
  EXPECT_EQ(output.size(), kSimpleReplyBytes + 512u);
  EXPECT_TRUE(session->finished());
}

TEST_F(NbdSessionLimits, EndOfInputDoesWhatWasAskedBefore) {
  start(ram_geometry(kDiskBytes), {.max_requests = 1});
  go(false);
  device->hold();
  feed(request(Command::flush, 0, 0, 0, 1));
  feed(request(Command::flush, 0, 0, 0, 2));  // waits for the only slot
  session->end_of_input();
  device->complete_oldest();
  drain_output();
  EXPECT_FALSE(session->finished());
  ASSERT_EQ(device->waiting(), 1u);
  device->complete_oldest();
  drain_output();
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(reply().cookie, 1u);
  EXPECT_EQ(reply().cookie, 2u);
}

TEST_F(NbdSessionLimits, AHalfReceivedWriteNeverReachesTheDevice) {
  go(false);
  Text write = write_request(0, Text(4096));
  write.resize(write.size() - 1);
  feed(write);
  session->end_of_input();
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(device->waiting(), 0u);
}

TEST_F(NbdSessionLimits, DrainingAnswersNewRequestsWithShutdown) {
  go(true);
  device->hold();
  feed(request(Command::flush, 0, 0, 0, 1));
  session->drain();
  feed(request(Command::read, 0, 512, 0, 2));
  feed(write_request(0, Text(512), 3));
  EXPECT_EQ(device->waiting(), 1u);
  EXPECT_FALSE(session->finished());
  device->complete_oldest();
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  drain_output();
  EXPECT_TRUE(session->finished());
  std::vector<uint32_t> errors;
  while (!output.empty()) {
    errors.push_back(reply().error);
  }
  EXPECT_EQ(errors, (std::vector<uint32_t>{ESHUTDOWN, ESHUTDOWN, 0}));
}

TEST_F(NbdSessionLimits, DrainingEndsNegotiationsAndIdleSessions) {
  hello();
  session->drain();
  EXPECT_TRUE(session->finished());
  start();
  go(true);
  session->drain();
  EXPECT_TRUE(session->finished());
}

// The client vanishes: the device goes on with buffers that are still there (the address sanitizer
// watches), and the session dies with the last completion (the leak sanitizer watches).
TEST_F(NbdSessionLimits, AnAbandonedSessionLivesUntilTheDeviceIsDone) {
  go(true);
  device->hold();
  const Text data = pattern(8192);
  feed(write_request(0, data));
  feed(request(Command::read, 0, 1u << 20));
  feed(request(Command::flush, 0, 0));
  Text half = write_request(0, Text(4096));
  half.resize(1000);
  feed(half);
  const int before = progress_calls;
  Session::abandon(std::move(session));
  ASSERT_EQ(device->waiting(), 3u);
  device->complete_newest();
  device->complete_newest();
  device->complete_newest();
  EXPECT_EQ(progress_calls, before);
  EXPECT_TRUE(std::ranges::equal(data, std::span(device->bytes()).first(8192)));
  EXPECT_EQ(device->waiting(), 0u);
}

TEST_F(NbdSessionLimits, AnIdleSessionIsAbandonedAtOnce) {
  go(true);
  Session::abandon(std::move(session));
  EXPECT_EQ(session, nullptr);
}

}  // namespace
}  // namespace io::nbd
