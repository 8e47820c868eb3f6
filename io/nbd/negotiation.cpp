// The handshake of doc/proto.md, "Fixed newstyle negotiation" and "Option types".
#include "io/nbd/negotiation.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace io::nbd {
namespace {

constexpr uint32_t kDefaultPreferredBytes = 4096;

void put_be(std::vector<uint8_t>& output, uint64_t value, size_t bytes) {
  while (bytes-- != 0) {
    output.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
  }
}

base::Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::vector<uint8_t> info_text(Info type, std::string_view text) {
  std::vector<uint8_t> data;
  put_be(data, static_cast<uint16_t>(type), 2);
  data.insert(data.end(), text.begin(), text.end());
  return data;
}

}  // namespace

BlockSizes block_sizes(const mpio::Geometry& geometry) {
  BlockSizes sizes;
  sizes.minimum_bytes = geometry.logical_block_bytes;
  if (geometry.max_transfer_bytes != 0) {
    const uint32_t most = std::min(geometry.max_transfer_bytes, kMaxPayloadBytes);
    sizes.maximum_bytes = std::max(most - most % sizes.minimum_bytes, sizes.minimum_bytes);
  }
  uint32_t preferred = std::max(
      {kDefaultPreferredBytes, geometry.logical_block_bytes, geometry.physical_block_bytes});
  if (std::has_single_bit(geometry.optimal_io_bytes) && geometry.optimal_io_bytes > preferred) {
    preferred = geometry.optimal_io_bytes;
  }
  sizes.preferred_bytes = std::min(std::bit_ceil(preferred), std::bit_floor(sizes.maximum_bytes));
  return sizes;
}

uint16_t transmission_flags(const mpio::Geometry& geometry, const Export& exported,
                            bool structured_replies) {
  unsigned flags = kHasFlags | kSendFlush;
  flags |= geometry.read_only ? kReadOnly : 0u;
  flags |= geometry.can_fua ? kSendFua : 0u;
  flags |= geometry.can_trim && !geometry.read_only ? kSendTrim : 0u;
  flags |= geometry.can_write_zeroes && !geometry.read_only ? kSendWriteZeroes : 0u;
  flags |= structured_replies ? kSendDf : 0u;  // a read is always answered in one piece
  flags |= exported.multi_conn ? kCanMultiConn : 0u;
  return static_cast<uint16_t>(flags);
}

Negotiation::Negotiation(const mpio::Geometry& geometry, const Export& exported,
                         std::vector<uint8_t>& output)
    : geometry_(geometry), exported_(exported), output_(output) {
  put_be(output_, kServerMagic, 8);
  put_be(output_, kOptionMagic, 8);
  put_be(output_, kFlagFixedNewstyle | kFlagNoZeroes, 2);
}

size_t Negotiation::consume(base::Bytes input) {
  if (state_ != State::negotiating) {
    return 0;
  }
  if (!client_flags_seen_) {
    return consume_client_flags(input);
  }
  if (input.size() < kOptionHeaderBytes) {
    return 0;
  }
  if (base::load_be64(input.data()) != kOptionMagic) {
    broken("an option does not begin with IHAVEOPT");
    return 0;
  }
  const uint32_t option = base::load_be32(input.data() + 8);
  const uint32_t length = base::load_be32(input.data() + 12);
  if (length > kMaxOptionBytes) {
    if (option == static_cast<uint32_t>(Option::export_name)) {
      broken("an export name is " + std::to_string(length) + " bytes long");
      return 0;
    }
    refuse(option, OptionReply::error_too_big, "the option's data are too long");
    skip_bytes_ = length;
    return kOptionHeaderBytes;
  }
  if (input.size() < kOptionHeaderBytes + length) {
    return 0;
  }
  on_option(option, input.subspan(kOptionHeaderBytes, length));
  return kOptionHeaderBytes + length;
}

uint64_t Negotiation::take_skip() {
  return std::exchange(skip_bytes_, 0);
}

size_t Negotiation::consume_client_flags(base::Bytes input) {
  if (input.size() < kClientFlagsBytes) {
    return 0;
  }
  const uint32_t flags = base::load_be32(input.data());
  if ((flags & ~uint32_t{kFlagFixedNewstyle | kFlagNoZeroes}) != 0) {
    broken("the client set handshake flags that do not exist");
    return 0;
  }
  client_flags_seen_ = true;
  fixed_newstyle_ = (flags & kFlagFixedNewstyle) != 0;
  no_zeroes_ = (flags & kFlagNoZeroes) != 0;
  return kClientFlagsBytes;
}

void Negotiation::on_option(uint32_t option, base::Bytes data) {
  if (option == static_cast<uint32_t>(Option::export_name)) {
    on_export_name(data);
    return;
  }
  if (!fixed_newstyle_) {  // such a client cannot read a reply
    broken("a client without fixed newstyle sent an option other than NBD_OPT_EXPORT_NAME");
    return;
  }
  switch (static_cast<Option>(option)) {
    case Option::abort:
      reply(option, OptionReply::ack);
      state_ = State::aborted;
      return;
    case Option::list:
      on_list(data);
      return;
    case Option::info:
    case Option::go:
      on_info(static_cast<Option>(option), data);
      return;
    case Option::structured_reply:
      if (!data.empty()) {
        refuse(option, OptionReply::error_invalid, "NBD_OPT_STRUCTURED_REPLY has no data");
        return;
      }
      structured_replies_ = true;
      reply(option, OptionReply::ack);
      return;
    default:
      refuse(option, OptionReply::error_unsupported, "this server does not know the option");
  }
}

void Negotiation::on_export_name(base::Bytes data) {
  if (!is_our_name(data)) {  // the protocol has no reply for that
    broken("a client asked for an export that does not exist");
    return;
  }
  put_be(output_, geometry_.size_bytes, 8);
  put_be(output_, transmission_flags(geometry_, exported_, structured_replies_), 2);
  if (!no_zeroes_) {
    output_.insert(output_.end(), kExportNameZeroes, 0);
  }
  state_ = State::transmitting;
}

void Negotiation::on_list(base::Bytes data) {
  const auto option = static_cast<uint32_t>(Option::list);
  if (!data.empty()) {
    refuse(option, OptionReply::error_invalid, "NBD_OPT_LIST has no data");
    return;
  }
  std::vector<uint8_t> entry;
  put_be(entry, exported_.name.size(), 4);
  entry.insert(entry.end(), exported_.name.begin(), exported_.name.end());
  entry.insert(entry.end(), exported_.description.begin(), exported_.description.end());
  reply(option, OptionReply::server, entry);
  reply(option, OptionReply::ack);
}

void Negotiation::on_info(Option option, base::Bytes data) {
  const auto number = static_cast<uint32_t>(option);
  const size_t name_bytes = data.size() < 6 ? 0 : base::load_be32(data.data());
  if (data.size() < 6 || name_bytes > data.size() - 6) {
    refuse(number, OptionReply::error_invalid, "the option ends inside the export's name");
    return;
  }
  const base::Bytes name = data.subspan(4, name_bytes);
  const size_t count = base::load_be16(data.data() + 4 + name_bytes);
  const base::Bytes wanted = data.subspan(6 + name_bytes);
  if (wanted.size() != 2 * count) {
    refuse(number, OptionReply::error_invalid, "the option's length contradicts its contents");
    return;
  }
  if (!is_our_name(name)) {
    refuse(number, OptionReply::error_unknown, "there is no export of that name");
    return;
  }
  std::vector<uint8_t> info;
  put_be(info, static_cast<uint16_t>(Info::exported), 2);
  put_be(info, geometry_.size_bytes, 8);
  put_be(info, transmission_flags(geometry_, exported_, structured_replies_), 2);
  reply(number, OptionReply::info, info);

  uint32_t seen = 0;  // each item once, however often it was asked for: the answer stays small
  for (size_t i = 0; i < count; ++i) {
    const uint16_t type = base::load_be16(wanted.data() + 2 * i);
    if (type > static_cast<uint16_t>(Info::block_size) || (seen & (1u << type)) != 0) {
      continue;
    }
    seen |= 1u << type;
    if (type == static_cast<uint16_t>(Info::name)) {
      reply(number, OptionReply::info, info_text(Info::name, exported_.name));
    } else if (type == static_cast<uint16_t>(Info::description) && !exported_.description.empty()) {
      reply(number, OptionReply::info, info_text(Info::description, exported_.description));
    } else if (type == static_cast<uint16_t>(Info::block_size)) {
      const BlockSizes sizes = block_sizes(geometry_);
      info.clear();
      put_be(info, type, 2);
      put_be(info, sizes.minimum_bytes, 4);
      put_be(info, sizes.preferred_bytes, 4);
      put_be(info, sizes.maximum_bytes, 4);
      reply(number, OptionReply::info, info);
    }
  }
  reply(number, OptionReply::ack);
  if (option == Option::go) {
    state_ = State::transmitting;
  }
}

void Negotiation::reply(uint32_t option, OptionReply type, base::Bytes data) {
  put_be(output_, kOptionReplyMagic, 8);
  put_be(output_, option, 4);
  put_be(output_, static_cast<uint32_t>(type), 4);
  put_be(output_, data.size(), 4);
  output_.insert(output_.end(), data.begin(), data.end());
}

void Negotiation::refuse(uint32_t option, OptionReply type, std::string_view why) {
  reply(option, type, as_bytes(why));
}

bool Negotiation::is_our_name(base::Bytes name) const {
  return name.empty() || std::ranges::equal(name, as_bytes(exported_.name));
}

void Negotiation::broken(std::string why) {
  state_ = State::broken;
  error_ = std::move(why);
}

}  // namespace io::nbd
