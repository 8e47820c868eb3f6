// Tags and lists of commands.
#include "io/iscsi/initiator/task.h"

#include <gtest/gtest.h>

#include <set>

#include "io/iscsi/initiator/command_list.h"

namespace io::iscsi::initiator {
namespace {

TEST(InitiatorTasks, ATagIsOfOneUseOfItsPlace) {
  TaskTable table;
  mpio::TransportCommand command;
  std::set<uint32_t> tags;
  for (int i = 0; i < 1000; ++i) {
    Task& task = table.acquire(command);
    EXPECT_TRUE(tags.insert(task.tag).second);
    EXPECT_NE(task.tag, kNoTag);
    EXPECT_EQ(table.find(task.tag), &task);
    const uint32_t tag = task.tag;
    table.retire(task);
    EXPECT_EQ(table.find(tag), nullptr);
    table.give_back(task);
  }
  EXPECT_EQ(table.count(), 0U);
  for (const uint32_t nobody : {0U, 5U, 0xffffU, kNoTag, 0x10001U}) {
    EXPECT_EQ(table.find(nobody), nullptr);
  }
}

TEST(InitiatorTasks, ATableHasAnEnd) {
  TaskTable table;
  mpio::TransportCommand command;
  std::vector<Task*> all;
  while (!table.full()) {
    all.push_back(&table.acquire(command));
  }
  EXPECT_EQ(all.size(), TaskTable::kMostTasks);
  EXPECT_EQ(table.count(), all.size());
  table.retire(*all[7]);
  EXPECT_TRUE(table.full()) << "its place is still taken";
  table.give_back(*all[7]);
  EXPECT_FALSE(table.full());
  EXPECT_EQ(&table.acquire(command), all[7]);
}

TEST(InitiatorCommandList, FirstInFirstOut) {
  std::array<mpio::TransportCommand, 5> commands;
  CommandList list;
  CommandList other;
  EXPECT_EQ(list.pop(), nullptr);
  list.append(other);
  EXPECT_TRUE(list.empty());
  list.push(commands[0]);
  list.push(commands[1]);
  other.push(commands[2]);
  other.push(commands[3]);
  list.append(other);
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(list.size(), 4U);
  EXPECT_EQ(list.pop(), &commands[0]);
  list.push(commands[4]);
  list.push(commands[0]);  // again
  for (const size_t next : {1U, 2U, 3U, 4U, 0U}) {
    EXPECT_EQ(list.pop(), &commands[next]);
  }
  EXPECT_EQ(list.pop(), nullptr);
  EXPECT_EQ(list.size(), 0U);
  list.push(commands[2]);
  EXPECT_EQ(list.pop(), &commands[2]);
}

}  // namespace
}  // namespace io::iscsi::initiator
