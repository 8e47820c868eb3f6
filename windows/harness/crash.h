// What is said of a process that has touched what it must not.
#pragma once

namespace harness {

// From now on who touches memory that may be paged out at DISPATCH_LEVEL or above (pageable.h) ends
// the process by fail(), with the driver's function in the sentence. Any other fault stays with
// whoever had it before.
void name_paged_access();

}  // namespace harness
