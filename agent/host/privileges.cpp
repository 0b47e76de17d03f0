// Capabilities by the raw system calls (capget(2)): a library for three calls is one too many in
// a static binary that runs as root.
#include "agent/host/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

namespace leaklens {
namespace {

struct CapabilityState {
    CapabilitySet effective = 0;
    CapabilitySet permitted = 0;
    CapabilitySet inheritable = 0;
};

using RawState = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr CapabilitySet bit(int number) {
    return CapabilitySet{1} << number;
}

Result<CapabilityState> read_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    RawState raw{};
    if (syscall(SYS_capget, &header, raw.data()) != 0) return Error::from_errno("capget");
    const auto join = [](std::uint32_t low, std::uint32_t high) {
        return CapabilitySet{low} | (CapabilitySet{high} << 32);
    };
    return CapabilityState{join(raw[0].effective, raw[1].effective),
                           join(raw[0].permitted, raw[1].permitted),
                           join(raw[0].inheritable, raw[1].inheritable)};
}

Status write_capabilities(const CapabilityState& state) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const auto low = [](CapabilitySet set) { return static_cast<std::uint32_t>(set); };
    const auto high = [](CapabilitySet set) { return static_cast<std::uint32_t>(set >> 32); };
    const RawState raw{{
        {low(state.effective), low(state.permitted), low(state.inheritable)},
        {high(state.effective), high(state.permitted), high(state.inheritable)},
    }};
    if (syscall(SYS_capset, &header, raw.data()) != 0) return Error::from_errno("capset");
    return {};
}

}  // namespace

const std::vector<NamedCapability>& needed_capabilities() {
    static const std::vector<NamedCapability> needed{
        {CAP_BPF, "CAP_BPF", "loads the kernel programs"},
        {CAP_PERFMON, "CAP_PERFMON", "attaches them to other processes"},
        {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "reads /proc of other users' processes"},
        {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "reads programs and libraries"},
        {CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE",
         "opens mapped files that were deleted or replaced"},
        {CAP_SETUID, "CAP_SETUID", "lets the symbol reader become nobody"},
        {CAP_SETGID, "CAP_SETGID", "lets the symbol reader leave root's groups"},
        {CAP_KILL, "CAP_KILL", "ends a symbol reader that hangs"},
    };
    return needed;
}

CapabilitySet effective_capabilities() {
    const auto state = read_capabilities();
    return state.ok() ? state->effective : 0;
}

bool has_capability(CapabilitySet set, int number) {
    return (set & bit(number)) != 0;
}

std::vector<NamedCapability> missing_capabilities(CapabilitySet set) {
    std::vector<NamedCapability> missing;
    std::copy_if(needed_capabilities().begin(), needed_capabilities().end(),
                 std::back_inserter(missing),
                 [set](const NamedCapability& one) { return !has_capability(set, one.number); });
    return missing;
}

void raise_locked_memory_limit() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) return;
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
}

Status drop_privileges(const std::function<bool()>& attaching_works) {
    auto state = read_capabilities();
    if (!state.ok()) return state.error();
    CapabilitySet kept = 0;
    for (const NamedCapability& one : needed_capabilities())
        kept |= bit(one.number);
    const CapabilitySet before = state->permitted;
    state->effective = before & kept;
    state->inheritable = 0;
    // Put aside in the effective set only: what leaves the permitted set is gone.
    if (Status status = write_capabilities(*state); !status.ok()) return status;
    if (has_capability(before, CAP_SYS_ADMIN) && !attaching_works()) kept |= bit(CAP_SYS_ADMIN);

    // The bounding set goes next, because changing it takes CAP_SETPCAP. Without that, as under
    // file capabilities, it bounds nothing that no_new_privs does not forbid as well.
    state->effective = before & (kept | bit(CAP_SETPCAP));
    if (Status status = write_capabilities(*state); !status.ok()) return status;
    for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; ++number) {
        if ((kept & bit(number)) == 0) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error::from_errno("no_new_privs");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    state->permitted = state->effective = before & kept;
    return write_capabilities(*state);
}

}  // namespace leaklens
