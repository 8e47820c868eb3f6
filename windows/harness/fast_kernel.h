// Stand-ins for what a command may need of the kernel, without the bookkeeping that scenarios live
// by: blocks of the pool come from lists, a spin lock is one atomic. For measuring only.
#pragma once

#include "windows/harness/image.h"

namespace harness {

// all_exports(), with quick functions in place of the strict ones.
Exports fast_exports();

// In place of the strict pool's, see Pool::quick.
void* quick_block(size_t bytes);
void release_quick_block(void* block);
// How many have been handed out since the process began.
size_t quick_blocks_taken();
// How many have not been given back.
size_t quick_blocks_left();

}  // namespace harness
