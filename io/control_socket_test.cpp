// The control socket: questions and answers, its file, and peers that misbehave.
#include "io/control_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/unix_address.h"
#include "tests/support/temp_dir.h"

namespace io {
namespace {

class ControlSocketTest : public ::testing::Test {
 protected:
  std::unique_ptr<ControlSocket> open() {
    return ControlSocket::open(
        loop, path,
        [this](const ControlRequest& request) -> nlohmann::json {
          ++requests;
          if (request.command == "echo") {
            return {{"ok", true}, {"words", request.arguments}};
          }
          if (request.command == "large") {
            return {{"ok", true}, {"text", std::string(4 << 20, 'x')}};
          }
          return control_error("unknown command " + request.command);
        },
        error);
  }
  // Runs the loop while another thread asks.
  bool ask(const ControlRequest& request, nlohmann::json& answer) {
    bool good = false;
    std::thread asker([&] {
      good = control_request(path, request, answer, error);
      loop.stop();
    });
    loop.run();
    asker.join();
    return good;
  }
  int connected() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = unix_address(path, error);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    return fd;
  }
  // Sends `text` as it is and reads what comes until the server closes or a whole line is there.
  std::string raw(const std::string& text) {
    const int fd = connected();
    EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string answer;
    std::array<char, 4096> chunk;
    for (int i = 0; i < 1000 && answer.find('\n') == std::string::npos; ++i) {
      loop.run_once(10);
      const ssize_t got = recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (got == 0) {
        break;
      }
      answer.append(chunk.data(), got > 0 ? static_cast<size_t>(got) : 0);
    }
    close(fd);
    return answer;
  }

  test_support::TempDir folder;
  std::string path = folder.file("control.sock");
  EventLoop loop;
  std::string error;
  int requests = 0;
};

TEST_F(ControlSocketTest, AnswersAndErrors) {
  const auto server = open();
  ASSERT_TRUE(server) << error;
  nlohmann::json answer;
  ASSERT_TRUE(ask({"echo", {"a", "b c", "\xff"}}, answer)) << error;
  EXPECT_EQ(answer["words"][1], "b c");
  ASSERT_TRUE(ask({"nonsense", {}}, answer)) << error;
  EXPECT_EQ(answer["error"], "unknown command nonsense");
}

TEST_F(ControlSocketTest, ALargeAnswerArrivesWhole) {
  const auto server = open();
  nlohmann::json answer;
  ASSERT_TRUE(ask({"large", {}}, answer)) << error;
  EXPECT_EQ(answer["text"].get<std::string>().size(), size_t{4} << 20);
}

class LateAnswers : public ControlSocketTest {
 protected:
  std::unique_ptr<ControlSocket> open() {
    return ControlSocket::open_late(
        loop, path,
        [this](const ControlRequest& request, const ControlSocket::Answer& answer) {
          ++requests;
          if (request.command == "later") {
            pending.push_back(answer);
          } else {
            answer({{"now", true}});
          }
        },
        error);
  }
  void say(int fd, const std::string& text) {
    ASSERT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    turn();
  }
  void turn() {
    for (int i = 0; i < 4; ++i) {
      loop.run_once(0);
    }
  }
  std::string heard(int fd) {
    turn();
    std::array<char, 4096> chunk;
    const ssize_t got = recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
    return {chunk.data(), got > 0 ? static_cast<size_t>(got) : 0};
  }
  std::vector<ControlSocket::Answer> pending;
};

constexpr const char* kLater = "{\"command\":\"later\"}\n";
constexpr const char* kNow = "{\"command\":\"now\"}\n";

TEST_F(LateAnswers, TheNextRequestOfTheClientWaitsAndOthersDoNot) {
  const auto server = open();
  const int first = connected();
  const int second = connected();
  say(first, std::string(kLater) + kNow + kLater);
  say(second, kNow);
  EXPECT_EQ(heard(second), "{\"now\":true}\n");
  EXPECT_EQ(heard(first), "");
  EXPECT_EQ(requests, 2);
  ASSERT_EQ(pending.size(), 1U);
  pending[0]({{"late", 1}});
  EXPECT_EQ(heard(first), "{\"late\":1}\n{\"now\":true}\n");
  pending[0]({{"twice", 1}});  // answers once only
  ASSERT_EQ(pending.size(), 2U);
  close(first);
  turn();
  pending[1]({{"late", 2}});  // nobody is there any more
  close(second);
}

TEST_F(LateAnswers, AClientThatSaysNoMoreGetsItsAnswerYet) {
  const auto server = open();
  const int fd = connected();
  say(fd, kLater);
  shutdown(fd, SHUT_WR);
  turn();
  pending.at(0)({{"late", 1}});
  EXPECT_EQ(heard(fd), "{\"late\":1}\n");
  turn();
  std::array<char, 4> chunk;
  EXPECT_EQ(recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT), 0) << "and is let go";
  close(fd);
}

TEST_F(LateAnswers, MayComeWhenTheSocketIsGone) {
  auto server = open();
  const int fd = connected();
  say(fd, kLater);
  server.reset();
  pending.at(0)({{"late", 1}});
  close(fd);
}

TEST_F(ControlSocketTest, TheFileIsPrivateAndGoesWithTheServer) {
  struct stat info {};
  {
    const auto server = open();
    ASSERT_TRUE(server);
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_TRUE(S_ISSOCK(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777, 0600U);
  }
  EXPECT_NE(stat(path.c_str(), &info), 0);
  nlohmann::json answer;
  EXPECT_FALSE(control_request(path, {"echo", {}}, answer, error));
  EXPECT_NE(error.find(path), std::string::npos) << error;
}

TEST_F(ControlSocketTest, AStaleFileIsReplacedALivingServerIsNot) {
  {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = unix_address(path, error);
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    close(fd);  // the file stays, as after kill -9
  }
  const auto server = open();
  ASSERT_TRUE(server) << error;
  EXPECT_FALSE(open());
  EXPECT_NE(error.find("running program"), std::string::npos) << error;
  EXPECT_NE(error.find(path), std::string::npos);
  nlohmann::json answer;
  EXPECT_TRUE(ask({"echo", {}}, answer)) << "the first one is unharmed: " << error;
}

TEST_F(ControlSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path) << "precious";
  EXPECT_FALSE(open());
  EXPECT_NE(error.find("no socket"), std::string::npos) << error;
  std::string content;
  std::ifstream(path) >> content;
  EXPECT_EQ(content, "precious");
  path = folder.file(std::string(200, 'l'));
  EXPECT_FALSE(open());
  EXPECT_NE(error.find("shorter"), std::string::npos) << error;
  path = folder.file("no/such/folder.sock");
  EXPECT_FALSE(open());
  EXPECT_NE(error.find(path), std::string::npos) << error;
}

TEST_F(ControlSocketTest, AnotherServersFileIsNotRemoved) {
  auto first = open();
  ASSERT_EQ(unlink(path.c_str()), 0);
  const auto second = open();
  ASSERT_TRUE(second) << error;
  first.reset();
  nlohmann::json answer;
  EXPECT_TRUE(ask({"echo", {}}, answer)) << error;
}

TEST_F(ControlSocketTest, RubbishGetsAnErrorAndHarmsNobody) {
  const auto server = open();
  for (const char* bad : {"hello\n", "[]\n", "{}\n", "{\"command\": 5}\n",
                          "{\"command\": \"echo\", \"arguments\": [1]}\n",
                          "{\"command\": \"echo\", \"arguments\": 7}\n",
                          "{\"command\": \"echo\", \"arguments\": \"x\"}\n", "\n", "\xff\xfe\n"}) {
    EXPECT_NE(raw(bad).find("\"error\""), std::string::npos) << bad;
  }
  EXPECT_EQ(requests, 0);
  EXPECT_NE(raw(std::string(70'000, 'x')).find("64 KiB"), std::string::npos);
  close(connected());
  nlohmann::json answer;
  EXPECT_TRUE(ask({"echo", {}}, answer)) << error;
}

TEST_F(ControlSocketTest, SeveralRequestsOnOneConnectionAndManyIdleOnes) {
  const auto server = open();
  std::vector<int> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(connected());
    loop.run_once(0);
  }
  const std::string two = "{\"command\":\"echo\"}\n{\"command\":\"echo\",\"arguments\":[]}\n";
  EXPECT_NE(raw(two).find("ok"), std::string::npos);
  EXPECT_EQ(requests, 2);
  for (const int fd : idle) {
    close(fd);
  }
}

TEST_F(ControlSocketTest, AServerThatSaysNothingIsGivenUp) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = unix_address(path, error);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  nlohmann::json answer;
  EXPECT_FALSE(control_request(path, {"echo", {}}, answer, error, 50));
  EXPECT_NE(error.find("no answer"), std::string::npos) << error;
  close(fd);
}

}  // namespace
}  // namespace io
