// Finding or privately mounting tracefs.
#include "agent/host/tracefs.h"

#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include <cerrno>
#include <cstring>

namespace leaklens {
namespace {

// Where tracefs belongs since 4.1. The older place, /sys/kernel/debug/tracing, is not even looked
// at: a look would make the kernel mount it there, for the whole host.
constexpr const char* place = "/sys/kernel/tracing";

bool is_mounted() {
    struct statfs status {};
    return statfs(place, &status) == 0 && status.f_type == TRACEFS_MAGIC;
}

Tracefs failed(const std::string& what) {
    return {{}, what + ": " + std::strerror(errno)};
}

}  // namespace

Tracefs prepare_tracefs() {
    if (is_mounted()) return {place, {}};
    if (unshare(CLONE_NEWNS) != 0)
        return failed("it is not mounted, and a mount namespace of the agent's own was refused");
    // Mounts of the host still arrive here, so that targets' files stay reachable; ours do not go
    // back.
    if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
        return failed("it is not mounted, and the agent's mount namespace cannot be made its own");
    }
    if (mount("tracefs", place, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
        return failed("it is not mounted, and mounting it was refused");
    }
    return {place, {}};
}

}  // namespace leaklens
