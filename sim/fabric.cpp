// The pipes and the target's end of them. The disk's end is in sim_transport.cpp.
#include "sim/fabric.h"

#include <algorithm>
#include <utility>

#include "scsi/block_range.h"
#include "scsi/cdb.h"
#include "sim/fabric_parts.h"

namespace sim {
namespace {

constexpr uint64_t kStream = 0x66616272;
constexpr uint64_t kReplayDelay = 2 * kSecond;

}  // namespace

Fabric::Fabric(const FabricConfig& config, Clock& clock, Target& target, Findings& findings,
               Timeline& timeline)
    : config_(config),
      clock_(clock),
      target_(target),
      findings_(findings),
      timeline_(timeline),
      prng_(base::Prng::stream(config.seed, kStream)) {
  for (uint32_t number = 0; number < config_.paths * config_.lanes; ++number) {
    links_.push_back(
        std::make_unique<Link>(*this, number, number % config_.paths, number / config_.paths));
  }
}

Fabric::~Fabric() {
  for (const auto& message : messages_) {
    clock_.cancel(message->timer);
  }
  for (const auto& link : links_) {
    clock_.cancel(link->transport.unsent_timer_);
  }
}

mpio::Transport& Fabric::transport(uint32_t path, uint32_t lane) {
  return link_of(path, lane).transport;
}

const LinkFaults& Fabric::faults(uint32_t path) const {
  return links_[path]->faults;
}

void Fabric::set_faults(uint32_t path, const LinkFaults& faults) {
  for (uint32_t lane = 0; lane < config_.lanes; ++lane) {
    set_link_faults(link_of(path, lane), faults);
  }
}

void Fabric::set_link_faults(Link& link, const LinkFaults& faults) {
  const bool thawed = link.faults.frozen && !faults.frozen;
  link.faults = faults;
  if (thawed) {
    thaw(link);
  }
  if (!faults.hole_out && !faults.silent) {
    release(link.held_out);
  }
  if (!faults.hole_in) {
    release(link.held_in);
  }
}

Fabric::Message& Fabric::send(Connection& connection, Kind kind) {
  if (free_.empty()) {
    messages_.push_back(std::make_unique<Message>());
    messages_.back()->fabric = this;
    messages_.back()->task.owner = messages_.back().get();
    free_.push_back(messages_.back().get());
  }
  Message& message = *free_.back();
  free_.pop_back();
  ++live_messages_;
  message.connection = &connection;
  message.kind = kind;
  message.command = nullptr;
  message.result = mpio::LinkResult::ok;
  travel(message);
  return message;
}

// Sets the message on its way; it arrives after everything sent before it in the same direction.
void Fabric::travel(Message& message) {
  Connection& connection = *message.connection;
  uint64_t& last = is_outbound(message.kind) ? connection.last_out_ns : connection.last_in_ns;
  last = std::max(last, clock_.now_ns() + transit_ns(*connection.link));
  message.stage = Stage::transit;
  clock_.arm(message.timer, last);
}

uint64_t Fabric::transit_ns(const Link& link) {
  return config_.latency_ns + prng_.below(config_.jitter_ns + 1) +
         prng_.below(link.faults.extra_delay_ns + 1);
}

void Fabric::discard(Message& message) {
  clock_.cancel(message.timer);
  message.stage = Stage::idle;
  message.connection = nullptr;
  message.command = nullptr;
  --live_messages_;
  free_.push_back(&message);
}

void Fabric::release(std::deque<Message*>& held) {
  for (Message* message : std::exchange(held, {})) {
    travel(*message);
  }
}

void Fabric::arrive(Message& message) {
  Link& link = *message.connection->link;
  if (!is_outbound(message.kind)) {
    if (link.faults.hole_in) {
      message.stage = Stage::held;
      link.held_in.push_back(&message);
      return;
    }
    receive_inbound(message);
    return;
  }
  const bool blocked = link.faults.hole_out || link.faults.silent;
  if (message.kind == Kind::reset && (blocked || prng_.chance(config_.lost_reset_percent, 100))) {
    discard(message);  // a reset is sent once
    return;
  }
  if (blocked) {
    if (!message.connection->host_end) {
      discard(message);
      return;
    }
    message.stage = Stage::held;
    link.held_out.push_back(&message);
    return;
  }
  receive_outbound(message);
}

void Fabric::receive_outbound(Message& message) {
  Link& link = *message.connection->link;
  if (link.faults.frozen) {
    message.stage = Stage::frozen;
    link.frozen.push_back(&message);
    return;
  }
  process(message, false);
}

// The target reads what waited, in the order of arrival. A careful one looks first which
// connections are dead.
void Fabric::thaw(Link& link) {
  const std::deque<Message*> queue = std::exchange(link.frozen, {});
  std::vector<const Connection*> dead;
  for (const Message* message : queue) {
    if (message->kind == Kind::reset && !config_.parses_dead_connections) {
      dead.push_back(message->connection);
    }
  }
  for (Message* message : queue) {
    const bool unread = message->kind != Kind::reset &&
                        std::find(dead.begin(), dead.end(), message->connection) != dead.end();
    unread ? discard(*message) : process(*message, true);
  }
}

void Fabric::process(Message& message, bool at_once) {
  Connection& connection = *message.connection;
  const Link& link = *connection.link;
  switch (message.kind) {
    case Kind::login:
      process_login(message);
      return;
    case Kind::reset:
      close_target_side(connection);
      discard(message);
      return;
    case Kind::logout:
      close_target_side(connection);
      discard(message);
      send(connection, Kind::closed).result = mpio::LinkResult::closed_by_peer;
      return;
    default:
      break;
  }
  if (!connection.target_end) {
    // Bytes for a connection that the target does not know (any more): it answers with a reset.
    discard(message);
    if (connection.host_end) {
      send(connection, Kind::closed).result = mpio::LinkResult::reset;
    }
    return;
  }
  if (message.kind == Kind::nop) {
    discard(message);
    send(connection, Kind::nop_reply);
    return;
  }
  if (prng_.chance(link.faults.drop_requests_percent, 100)) {
    timeline_.add(clock_.now_ns(), What::request_lost, config_.first_link_name + link.path,
                  message.task.cdb.opcode(), subject_of(message.task.cdb));
    discard(message);
    return;
  }
  if (at_once) {
    serve(message);
    return;
  }
  message.stage = Stage::service;
  clock_.arm_after(message.timer, prng_.below(config_.service_ns + 1));
}

void Fabric::process_login(Message& message) {
  Connection& connection = *message.connection;
  Link& link = *connection.link;
  mpio::LinkResult result = mpio::LinkResult::refused;
  if (!link.faults.refuse_logins && target_.listening(link.path)) {
    connection.nexus = target_.login(link.path, link.lane, sabotage.fresh_isid ? ++salt_ : 0);
    connection.target_end = connection.nexus != 0;
    result = connection.target_end ? mpio::LinkResult::ok : mpio::LinkResult::protocol_error;
  }
  if (connection.target_end && !sabotage.fresh_isid) {
    // Reinstatement: the target has ended the sessions before this one.
    for (const auto& older : link.connections) {
      if (older.get() != &connection && older->target_end) {
        older->nexus = 0;
        close_target_side(*older);
      }
    }
  }
  discard(message);
  connection.last_in_ns =
      std::max(connection.last_in_ns, clock_.now_ns() + prng_.below(config_.login_ns + 1));
  send(connection, Kind::login_reply).result = result;
}

void Fabric::close_target_side(Connection& connection) {
  if (!connection.target_end) {
    return;
  }
  connection.target_end = false;
  if (connection.nexus != 0) {
    target_.nexus_lost(connection.nexus);
  }
  for (const auto& message : messages_) {
    if (message->connection == &connection &&
        (message->stage == Stage::service || message->stage == Stage::executing)) {
      discard(*message);
    }
  }
}

void Fabric::serve(Message& message) {
  const Connection& connection = *message.connection;
  const bool late = message.command == nullptr || !connection.host_end;
  late_executions_ += late ? 1 : 0;
  timeline_.add(clock_.now_ns(), What::delivered, config_.first_link_name + connection.link->path,
                message.task.cdb.opcode(), subject_of(message.task.cdb), late ? 1 : 0);
  message.stage = Stage::executing;
  message.task.late = late;
  message.task.scsi_status = 0;
  message.task.data_in.clear();
  message.task.sense.clear();
  if (sabotage.execute_twice && scsi::changes_medium(message.task.cdb.opcode()) &&
      message.command != nullptr) {
    Message& again = send(*message.connection, Kind::command);
    again.task.path = message.task.path;
    again.task.cdb = message.task.cdb;
    again.task.data_out = message.task.data_out;
    again.task.data_in_limit = 0;
    again.stage = Stage::service;
    clock_.arm_after(again.timer, kReplayDelay);
  }
  target_.execute(connection.nexus, message.task, *this);
}

void Fabric::on_task_done(TargetTask& task) {
  Message& message = *static_cast<Message*>(task.owner);
  if (message.stage != Stage::executing) {
    return;  // its connection ended meanwhile
  }
  Connection& connection = *message.connection;
  if (prng_.chance(connection.link->faults.drop_replies_percent, 100)) {
    timeline_.add(clock_.now_ns(), What::reply_lost,
                  config_.first_link_name + connection.link->path, task.cdb.opcode(),
                  subject_of(task.cdb));
    discard(message);
    return;
  }
  message.kind = Kind::reply;
  travel(message);
}

void Fabric::receive_inbound(Message& message) {
  Connection& connection = *message.connection;
  SimTransport& transport = connection.link->transport;
  const Kind kind = message.kind;
  const mpio::LinkResult result = message.result;
  if (!connection.host_end) {
    discard(message);
    return;
  }
  if (kind == Kind::reply) {
    // The message is kept through the callback for the data in it.
    mpio::TransportCommand* const command = std::exchange(message.command, nullptr);
    if (command != nullptr) {
      transport.on_reply(*command, message.task);
    }
    discard(message);
    return;
  }
  discard(message);
  switch (kind) {
    case Kind::login_reply:
      transport.on_login_reply(result);
      break;
    case Kind::nop_reply:
      transport.on_nop_reply();
      break;
    case Kind::closed:
      transport.on_closed(result);
      break;
    default:
      break;
  }
}

void Fabric::reset(uint32_t path) {
  for (uint32_t lane = 0; lane < config_.lanes; ++lane) {
    reset(path, lane);
  }
}

void Fabric::reset(uint32_t path, uint32_t lane) {
  Connection* const connection = link_of(path, lane).transport.connection_;
  if (connection == nullptr) {
    return;
  }
  send(*connection, Kind::reset);
  send(*connection, Kind::closed).result = mpio::LinkResult::reset;
}

void Fabric::target_died(uint32_t path, bool notify) {
  for (uint32_t lane = 0; lane < config_.lanes; ++lane) {
    end_target_side(link_of(path, lane), notify);
  }
}

void Fabric::forget_dead(std::deque<Message*>& waiting) {
  std::erase_if(waiting, [this](Message* message) {
    const bool dead = !message->connection->host_end;
    if (dead) {
      discard(*message);
    }
    return dead;
  });
}

void Fabric::expire(uint32_t path) {
  for (uint32_t lane = 0; lane < config_.lanes; ++lane) {
    Link& link = link_of(path, lane);
    forget_dead(link.held_out);
    forget_dead(link.frozen);
    for (const auto& message : messages_) {
      const Connection* const connection = message->connection;
      if (connection != nullptr && connection->link == &link && !connection->host_end &&
          message->stage == Stage::transit && is_outbound(message->kind)) {
        discard(*message);
      }
    }
    for (const auto& connection : link.connections) {
      if (!connection->host_end) {
        close_target_side(*connection);
      }
    }
  }
}

void Fabric::end_target_side(Link& link, bool notify) {
  for (Message* message : std::exchange(link.frozen, {})) {
    discard(*message);
  }
  for (const auto& connection : link.connections) {
    if (!connection->target_end) {
      continue;
    }
    connection->nexus = 0;  // died with the target
    close_target_side(*connection);
    if (notify && connection->host_end) {
      send(*connection, Kind::closed).result = mpio::LinkResult::reset;
    }
  }
}

}  // namespace sim
