// A function of the agent's own that trials attach probes to, and the small BPF programs and maps
// that they attach.
#pragma once

#include <cstdint>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

// Where the function lies: the agent's own file, and the function's offset in it.
struct SelfProbePlace {
    Fd file;
    std::uint64_t file_offset = 0;
};
Result<SelfProbePlace> find_self_probe_place();

// Calls the function once.
void hit_self_probe();

// A BPF array of one 64-bit counter.
Result<Fd> create_counter_map();
Result<std::uint64_t> read_counter(const Fd& map);

// Programs for probes: one that does nothing, and one that adds 1 to the counter. `multi`: for
// uprobe_multi links instead of perf events.
Result<Fd> load_empty_program(bool multi);
Result<Fd> load_empty_tracepoint_program();
Result<Fd> load_counting_program(const Fd& map, bool multi);

}  // namespace leaklens
