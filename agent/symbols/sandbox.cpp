#include "agent/symbols/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "agent/symbols/syscall_filter.h"

namespace leaklens {

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKLENS_SANITIZED 1
#endif
#endif
#ifdef LEAKLENS_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr uid_t kNobody = 65534;  // also the number that user namespaces show for the unmapped
constexpr rlim_t kGibibyte = 1UL << 30U;
// What the reader may allocate: far more than the caches it keeps, for decompressed sections.
constexpr rlim_t kDataLimit = 2 * kGibibyte;
// Mapped files count here: there are debug files of several GiB.
constexpr rlim_t kAddressSpaceLimit = 32 * kGibibyte;
constexpr rlim_t kStackLimit = 8UL << 20U;
constexpr rlim_t kDescriptorLimit = 65536;

Status set_limit(__rlimit_resource resource, rlim_t limit) {
    rlimit current{};
    if (getrlimit(resource, &current) != 0) return Error::from_errno("getrlimit");
    const rlim_t value = std::min(limit, current.rlim_max);
    const rlimit wanted{value, value};
    if (setrlimit(resource, &wanted) != 0) return Error::from_errno("setrlimit");
    return {};
}

Status set_limits() {
    struct Limit {
        __rlimit_resource resource;
        rlim_t value;
    };
    std::vector<Limit> limits{{RLIMIT_CORE, 0},
                              {RLIMIT_FSIZE, 0},
                              {RLIMIT_STACK, kStackLimit},
                              {RLIMIT_NOFILE, kDescriptorLimit}};
    // The sanitizers reserve terabytes of addresses for their shadow.
    if (!kSanitized) {
        limits.push_back({RLIMIT_DATA, kDataLimit});
        limits.push_back({RLIMIT_AS, kAddressSpaceLimit});
    }
    for (const Limit& limit : limits) {
        if (Status status = set_limit(limit.resource, limit.value); !status) return status;
    }
    return {};
}

Status drop_user() {
    if (geteuid() != 0) return {};
    if (setgroups(0, nullptr) != 0) return Error::from_errno("setgroups");
    if (setresgid(kNobody, kNobody, kNobody) != 0) return Error::from_errno("setresgid");
    if (setresuid(kNobody, kNobody, kNobody) != 0) return Error::from_errno("setresuid");
    return {};
}

Status drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (syscall(SYS_capset, &header, none.data()) != 0) return Error::from_errno("capset");
    return {};
}

// The bounding set limits what exec may give. Needs a capability that not every container has,
// and no_new_privs (which cannot fail to be there) makes exec give nothing anyway: so a refusal
// is no error.
void empty_bounding_set() {
    for (unsigned long capability = 0; capability < 64; ++capability) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;
    }
}

void allow_reading_symbols(SyscallFilter& filter) {
    for (const long number :
         {SYS_recvmsg, SYS_sendmsg, SYS_pread64, SYS_read, SYS_lseek, SYS_fstat, SYS_close,
          SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_clock_gettime, SYS_getrandom,
          SYS_sysinfo, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit, SYS_exit_group}) {
        filter.allow(number);
    }
    // No memory becomes executable.
    filter.allow_if_no_bits(SYS_mmap, 2, PROT_EXEC);
    filter.allow_if_no_bits(SYS_mprotect, 2, PROT_EXEC);
    // libelf asks whether a descriptor is open.
    filter.allow_if_equal(SYS_fcntl, 1, F_GETFD);
    filter.allow_if_equal(SYS_fcntl, 1, F_GETFL);
    // So that abort() ends in SIGABRT, and the agent tells the truth about it.
    filter.allow(SYS_rt_sigprocmask);
    filter.allow(SYS_getpid);
    filter.allow(SYS_gettid);
    filter.allow_if_equal(SYS_tgkill, 0, static_cast<std::uint32_t>(getpid()));
    // The C library's fstat.
    filter.allow_if_all_bits(SYS_newfstatat, 3, AT_EMPTY_PATH);
}

// libdw looks for files of its own accord (the module's name, split and alternate debug files):
// it is told that there are none, because that is no attack.
void refuse_paths(SyscallFilter& filter) {
    for (const long number : {SYS_openat, SYS_readlinkat, SYS_newfstatat, SYS_faccessat}) {
        filter.refuse(number, ENOENT);
    }
#if defined(__x86_64__)
    for (const long number : {SYS_open, SYS_readlink, SYS_stat, SYS_lstat, SYS_access}) {
        filter.refuse(number, ENOENT);
    }
#endif
}

// What the sanitizers' own runtime calls, in the test builds that have it.
void allow_sanitizers(SyscallFilter& filter) {
    for (const long number :
         {SYS_sched_yield, SYS_sigaltstack, SYS_write, SYS_rt_sigaction, SYS_prlimit64}) {
        filter.allow(number);
    }
}

}  // namespace

Status enter_symbol_sandbox(int socket) {
    const pid_t parent = getppid();
    if (syscall(SYS_close_range, static_cast<unsigned>(socket) + 1, ~0U, 0) != 0) {
        return Error::from_errno("close_range");
    }
    if (Status status = set_limits(); !status) return status;
    empty_bounding_set();
    if (Status status = drop_user(); !status) return status;
    if (Status status = drop_capabilities(); !status) return status;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error::from_errno("no_new_privs");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Error::from_errno("PR_SET_DUMPABLE");
    // After the change of user, which would undo it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return Error::from_errno("PR_SET_PDEATHSIG");
    if (getppid() != parent) return Error{ErrorKind::internal, "the agent is gone", {}};

    SyscallFilter filter;
    allow_reading_symbols(filter);
    refuse_paths(filter);
    if (kSanitized) allow_sanitizers(filter);
    return filter.install();
}

}  // namespace leaklens
