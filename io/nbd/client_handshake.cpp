// See client_handshake.h; the messages are in doc/proto.md, "Fixed newstyle negotiation".
#include "io/nbd/client_handshake.h"

#include <bit>
#include <utility>

namespace io::nbd {
namespace {

void put_be(std::vector<uint8_t>& output, uint64_t value, size_t bytes) {
  while (bytes-- != 0) {
    output.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
  }
}

// The server's own words, fit for a terminal.
std::string quoted(base::Bytes text) {
  std::string result;
  for (const uint8_t byte : base::slice(text, 0, kMaxStringBytes)) {
    result += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
  }
  return result.empty() ? "" : ": '" + result + "'";
}

}  // namespace

ClientHandshake::ClientHandshake(std::string export_name, bool structured_replies)
    : export_name_(std::move(export_name)), want_structured_replies_(structured_replies) {}

size_t ClientHandshake::consume(base::Bytes input) {
  if (state_ != State::running) {
    return 0;
  }
  if (step_ == Step::hello) {
    if (input.size() < kHelloBytes) {
      return 0;
    }
    on_hello(input.first(kHelloBytes));
    return kHelloBytes;
  }
  if (input.size() < kOptionReplyHeaderBytes) {
    return 0;
  }
  const uint32_t expected =
      static_cast<uint32_t>(step_ == Step::go ? Option::go : Option::structured_reply);
  const size_t length = base::load_be32(input.data() + 16);
  if (base::load_be64(input.data()) != kOptionReplyMagic ||
      base::load_be32(input.data() + 8) != expected || length > kMaxReplyBytes) {
    fail("the server's answer to an option is not an NBD option reply");
    return 0;
  }
  if (input.size() < kOptionReplyHeaderBytes + length) {
    return 0;
  }
  on_reply(static_cast<OptionReply>(base::load_be32(input.data() + 12)),
           input.subspan(kOptionReplyHeaderBytes, length));
  return kOptionReplyHeaderBytes + length;
}

void ClientHandshake::on_hello(base::Bytes hello) {
  const uint16_t flags = base::load_be16(hello.data() + 16);
  if (base::load_be64(hello.data()) != kServerMagic) {
    fail("the peer is not an NBD server");
    return;
  }
  if (base::load_be64(hello.data() + 8) != kOptionMagic || (flags & kFlagFixedNewstyle) == 0) {
    fail("the NBD server does not speak the fixed newstyle handshake");
    return;
  }
  put_be(output_, flags & (kFlagFixedNewstyle | kFlagNoZeroes), 4);
  if (want_structured_replies_) {
    step_ = Step::structured_reply;
    send_option(Option::structured_reply, {});
  } else {
    send_go();
  }
}

void ClientHandshake::on_reply(OptionReply type, base::Bytes data) {
  if (step_ == Step::structured_reply) {
    if (type != OptionReply::ack && !is_error(type)) {
      fail("the server's answer to NBD_OPT_STRUCTURED_REPLY makes no sense");
      return;
    }
    structured_replies_ = type == OptionReply::ack;
    send_go();
  } else if (type == OptionReply::info) {
    on_info(data);
  } else if (type == OptionReply::ack) {
    finish();
  } else if (type == OptionReply::error_unknown) {
    fail("the server has no export named '" + export_name_ + "'" + quoted(data));
  } else if (type == OptionReply::error_unsupported) {
    fail("the server does not know NBD_OPT_GO; it is too old for this client");
  } else {
    fail("the server refuses the export '" + export_name_ + "'" + quoted(data));
  }
}

void ClientHandshake::on_info(base::Bytes data) {
  if (data.size() < 2) {
    fail("an NBD_REP_INFO of the server is empty");
    return;
  }
  const uint16_t type = base::load_be16(data.data());
  if (type == static_cast<uint16_t>(Info::exported) && data.size() == 12) {
    export_seen_ = true;
    export_.size_bytes = base::load_be64(data.data() + 2);
    export_.flags = base::load_be16(data.data() + 10);
  } else if (type == static_cast<uint16_t>(Info::block_size) && data.size() == 14) {
    export_.minimum_bytes = base::load_be32(data.data() + 2);
    export_.preferred_bytes = base::load_be32(data.data() + 6);
    export_.maximum_bytes = base::load_be32(data.data() + 10);
  }  // others were not asked for and are to be ignored
}

void ClientHandshake::finish() {
  if (!export_seen_) {
    fail("the server did not say how large the export is");
  } else if (!std::has_single_bit(export_.minimum_bytes) || export_.minimum_bytes > (64u << 10) ||
             !std::has_single_bit(export_.preferred_bytes) ||
             export_.preferred_bytes < export_.minimum_bytes ||
             export_.maximum_bytes < export_.minimum_bytes) {
    fail("the server's block sizes (minimum " + std::to_string(export_.minimum_bytes) +
         ", preferred " + std::to_string(export_.preferred_bytes) + ", maximum " +
         std::to_string(export_.maximum_bytes) + ") contradict the protocol");
  } else {
    state_ = State::done;
  }
}

void ClientHandshake::send_option(Option option, base::Bytes data) {
  put_be(output_, kOptionMagic, 8);
  put_be(output_, static_cast<uint32_t>(option), 4);
  put_be(output_, data.size(), 4);
  output_.insert(output_.end(), data.begin(), data.end());
}

void ClientHandshake::send_go() {
  step_ = Step::go;
  std::vector<uint8_t> data;
  put_be(data, export_name_.size(), 4);
  data.insert(data.end(), export_name_.begin(), export_name_.end());
  put_be(data, 1, 2);
  put_be(data, static_cast<uint16_t>(Info::block_size), 2);
  send_option(Option::go, data);
}

void ClientHandshake::fail(std::string why) {
  state_ = State::failed;
  error_ = std::move(why);
}

}  // namespace io::nbd
