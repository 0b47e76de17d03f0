// `leaklens-agent serve`: the agent as a client's peer, over standard input and output.
#pragma once

namespace leaklens {

// Serves until standard input ends, a signal asks for the end, or the client is lost. Every probe
// is detached by then. Returns the exit code: 0, or 1 when the stream made no sense any more or the
// agent could not start.
int run_serve();

}  // namespace leaklens
