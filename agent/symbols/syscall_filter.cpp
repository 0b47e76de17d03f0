#include "agent/symbols/syscall_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <bit>
#include <cstddef>

namespace leaklens {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the symbol reader's system calls have not been listed for this architecture"
#endif

// Arguments are 64 bits wide; what is compared here are flags and commands, which the kernel
// takes from the lower half.
static_assert(std::endian::native == std::endian::little);
std::uint32_t lower_half_of_argument(unsigned argument) {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * 8UL);
}

}  // namespace

SyscallFilter::SyscallFilter() {
    // A call through another architecture's entry has other numbers.
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
}

void SyscallFilter::add(std::uint16_t code, std::uint32_t value, std::uint8_t if_true,
                        std::uint8_t if_false) {
    program_.push_back({code, if_true, if_false, value});
}

void SyscallFilter::allow(long number) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

void SyscallFilter::refuse(long number, int error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error));
}

void SyscallFilter::allow_if(long number, unsigned argument, std::uint32_t mask,
                             std::uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 5);
    add(BPF_LD | BPF_W | BPF_ABS, lower_half_of_argument(argument));
    add(BPF_ALU | BPF_AND | BPF_K, mask);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    // Back to the number, which the argument has overwritten, for the rules that follow.
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
}

void SyscallFilter::allow_if_equal(long number, unsigned argument, std::uint32_t value) {
    allow_if(number, argument, UINT32_MAX, value);
}

void SyscallFilter::allow_if_all_bits(long number, unsigned argument, std::uint32_t bits) {
    allow_if(number, argument, bits, bits);
}

void SyscallFilter::allow_if_no_bits(long number, unsigned argument, std::uint32_t bits) {
    allow_if(number, argument, bits, 0);
}

Status SyscallFilter::install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        return Error::from_errno("cannot install a system call filter");
    }
    return {};
}

}  // namespace leaklens
