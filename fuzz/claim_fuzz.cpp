// Claiming from any INQUIRY data and VPD pages: always one answer, the same each time, and an
// identity only where one is claimed. The first two bytes cut the input into the three answers.
#include <algorithm>

#include "base/assert.h"
#include "dsm/claim.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  const size_t first = data[0];
  const size_t second = data[1];
  const base::Bytes rest(data + 2, size - 2);
  const base::Bytes inquiry = base::slice(rest, 0, first);
  const base::Bytes vpd80 = base::slice(rest, first, second);
  const base::Bytes vpd83 = base::slice(rest, first + second);

  dsm::ClaimResult result;
  dsm::claim(inquiry, vpd83, vpd80, {}, result);
  BASE_ASSERT(!dsm::explain(result.refusal).empty());
  BASE_ASSERT(!result.claimed() || (result.identity.valid() && inquiry.size() >= 36));
  BASE_ASSERT(result.identity.size <= dsm::kMaxIdentityBytes);
  BASE_ASSERT(!result.claimed() || result.support == dsm::AluaSupport::none || result.has_group);

  dsm::ClaimResult again;
  dsm::claim(inquiry, vpd83, vpd80, {}, again);
  BASE_ASSERT(again.refusal == result.refusal && again.identity == result.identity);
  BASE_ASSERT(again.identity.hash() == result.identity.hash());

  // A list can only refuse more; an entry made from the model itself does not refuse.
  const std::string_view model = result.model.view();
  const std::string_view vendor = model.substr(0, std::min<size_t>(8, model.size()));
  const std::string_view product = model.substr(vendor.size());
  const std::string_view list[] = {model};
  dsm::claim(inquiry, vpd83, vpd80, {.supported_devices = list}, again);
  const bool blank = model.find_first_not_of(' ') == std::string_view::npos;
  BASE_ASSERT(blank || again.refusal == result.refusal);
  BASE_ASSERT(blank || dsm::entry_matches(model, vendor, product));
  return 0;
}
