// Where the kernel's tracepoints are described: tracefs, mounted for the agent alone where the host
// has not mounted it.
#pragma once

#include <string>

namespace leaklens {

struct Tracefs {
    std::string directory;  // empty where there is none
    std::string reason;     // why there is none, for a person
};

// Finds tracefs, or mounts it in a mount namespace of the agent's own, which ends with the agent:
// the host sees nothing of it. To be called before there are threads and before privileges are
// given up, since a new mount namespace takes CAP_SYS_ADMIN.
Tracefs prepare_tracefs();

}  // namespace leaklens
