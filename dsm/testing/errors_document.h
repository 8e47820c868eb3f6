// docs/errors.md, made from the error table: what each error means to the DSM, for people.
#pragma once

#include <string>

namespace dsm::testing {

std::string errors_document();

}  // namespace dsm::testing
