// Builds seccomp filters: which system calls a process may make from now on.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "agent/result.h"

namespace leaklens {

// The first rule that matches a call decides; calls without a rule kill the process.
// Source: https://docs.kernel.org/userspace-api/seccomp_filter.html
class SyscallFilter {
  public:
    SyscallFilter();

    void allow(long number);
    // Allows a call if its argument (0 to 5) has exactly this value, as 32 bits.
    void allow_if_equal(long number, unsigned argument, std::uint32_t value);
    // Allows a call if its argument has all, or none, of these bits.
    void allow_if_all_bits(long number, unsigned argument, std::uint32_t bits);
    void allow_if_no_bits(long number, unsigned argument, std::uint32_t bits);
    // Lets a call fail with this error.
    void refuse(long number, int error);

    // Installs the filter for this thread and its children, for good. Wants no_new_privs.
    Status install();

  private:
    void add(std::uint16_t code, std::uint32_t value, std::uint8_t if_true = 0,
             std::uint8_t if_false = 0);
    // The rule's condition on an argument: a jump to the next instruction when it holds.
    void allow_if(long number, unsigned argument, std::uint32_t mask, std::uint32_t value);

    std::vector<sock_filter> program_;
};

}  // namespace leaklens
