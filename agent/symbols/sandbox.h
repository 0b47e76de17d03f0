// What the symbol reader may still do once it starts to read files that it must not trust: use
// memory, read the files it is given, and answer.
#pragma once

#include "agent/result.h"

namespace leaklens {

// Gives up, for good: every descriptor above `socket`, root (user and group become 65534), all
// capabilities, new privileges through exec, core files, being debugged, opening files, making
// sockets, starting or signalling processes, and memory without bounds. The process dies with its
// parent. An error when one of these cannot be given up: then no file must be read.
Status enter_symbol_sandbox(int socket);

}  // namespace leaklens
