// Text requests: SendTargets. RFC 7143 11.10, 4.2.8.1 and appendix C.
#include <algorithm>

#include "io/iscsi/connection.h"

namespace io::iscsi {
namespace {

constexpr uint32_t kMoreTextTag = 1;  // Target Transfer Tag of an answer that goes on
constexpr size_t kMaxTextBytes = size_t{64} * 1024;

std::string portal_text(const PortalAddress& portal, const std::string& local_host, unsigned tag) {
  const std::string& host = portal.host.empty() ? local_host : portal.host;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(portal.port) + "," +
         std::to_string(tag);
}

}  // namespace

void Connection::text_request(const Header& header) {
  if (!in_order(header)) {
    return;
  }
  const base::Bytes data = segment(header);
  if (header.field(20) == kMoreTextTag && text_told_ < text_out_.size()) {
    return send_text(header);  // it asks for the rest
  }
  if (text_in_.size() + data.size() > kMaxTextBytes) {
    text_in_.clear();
    return reject(header, kProtocolError);
  }
  text_in_.append(data.begin(), data.end());
  text_told_ = 0;
  text_out_.clear();
  if ((header.flags() & kContinue) != 0) {
    return send_text(header);  // an empty answer asks for more
  }
  const auto keys =
      parse_keys({reinterpret_cast<const uint8_t*>(text_in_.data()), text_in_.size()});
  text_in_.clear();
  if (!keys) {
    return reject(header, kProtocolError);
  }
  text_out_ = text_answer(*keys);
  send_text(header);
}

void Connection::send_text(const Header& request) {
  const size_t count =
      std::min<size_t>(text_out_.size() - text_told_, login_.parameters().send_segment_bytes);
  const auto from = text_out_.begin() + static_cast<std::ptrdiff_t>(text_told_);
  text_told_ += count;
  const bool more = text_told_ < text_out_.size();
  const bool request_goes_on = (request.flags() & kContinue) != 0;
  Header out = answer_to(request, kTextResponse);
  if (more) {
    out.raw[1] = kContinue;
  } else if (request_goes_on) {
    out.raw[1] = 0;
  }
  out.set(20, more || request_goes_on ? kMoreTextTag : kNoTag);
  stamp(out, true);
  queue_.push_owned(out, {from, from + static_cast<std::ptrdiff_t>(count)});
}

std::string Connection::text_answer(const Keys& keys) {
  KeyWriter out;
  for (const auto& [key, value] : keys) {
    if (key != "SendTargets") {
      login_.negotiation().answer_in_full_feature(key, value, out);
      continue;
    }
    const bool discovery = login_.parameters().discovery;
    if (value == "All" && !discovery) {
      out.add(key, "Reject");  // RFC 7143 appendix C: not in an operational session
      continue;
    }
    if (value != target_.name && value != "All" && (!value.empty() || discovery)) {
      continue;  // a target that is not here: nothing to tell
    }
    out.add("TargetName", target_.name);
    for (unsigned port = 0; port < target_.portals.size(); ++port) {
      if (!target_.device.port_listed(port)) {
        continue;  // taken out of service; a dead controller's portals are still told
      }
      out.add("TargetAddress",
              portal_text(target_.portals[port], ends_.local_host, Target::portal_group_tag(port)));
    }
  }
  return out.text();
}

}  // namespace io::iscsi
