#include "agent/probes/allocator_functions.h"

#include <array>

namespace leaklens {

namespace {

using enum AllocatorShape;

constexpr std::array kFunctions = std::to_array<AllocatorFunction>({
    {"malloc", malloc_like, false},
    {"free", free_like, false},
    {"calloc", calloc_like, false},
    {"realloc", realloc_like, false},
    {"reallocarray", AllocatorShape::reallocarray, false},
    {"memalign", memalign_like, false},
    {"aligned_alloc", memalign_like, false},
    {"posix_memalign", AllocatorShape::posix_memalign, false},
    {"valloc", malloc_like, false},
    {"pvalloc", malloc_like, false},
    {"cfree", free_like, false},
    // C23, section 7.24.3.
    {"free_sized", free_like, false},
    {"free_aligned_sized", free_like, false},
    // jemalloc's own interface, with flags as the last argument.
    {"mallocx", malloc_like, false},
    {"rallocx", realloc_like, false},
    {"dallocx", free_like, false},
    {"sdallocx", free_like, false},

    {"_Znwm", malloc_like, true},
    {"_Znam", malloc_like, true},
    {"_ZnwmRKSt9nothrow_t", malloc_like, true},
    {"_ZnamRKSt9nothrow_t", malloc_like, true},
    {"_ZnwmSt11align_val_t", aligned_new, true},
    {"_ZnamSt11align_val_t", aligned_new, true},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", aligned_new, true},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", aligned_new, true},
    {"_ZdlPv", free_like, true},
    {"_ZdaPv", free_like, true},
    {"_ZdlPvm", free_like, true},
    {"_ZdaPvm", free_like, true},
    {"_ZdlPvRKSt9nothrow_t", free_like, true},
    {"_ZdaPvRKSt9nothrow_t", free_like, true},
    {"_ZdlPvSt11align_val_t", free_like, true},
    {"_ZdaPvSt11align_val_t", free_like, true},
    {"_ZdlPvmSt11align_val_t", free_like, true},
    {"_ZdaPvmSt11align_val_t", free_like, true},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", free_like, true},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", free_like, true},
});

}  // namespace

std::span<const AllocatorFunction> allocator_functions() {
    return kFunctions;
}

RegisterMask argument_registers(AllocatorShape shape) {
    constexpr RegisterMask first = register_bit(kRdi);
    constexpr RegisterMask second = register_bit(kRsi);
    constexpr RegisterMask third = register_bit(kRdx);
    switch (shape) {
        case malloc_like:
        case free_like:
        case aligned_new:
            return first;
        case calloc_like:
        case realloc_like:
            return first | second;
        case memalign_like:
            return second;
        case AllocatorShape::posix_memalign:
            return first | third;
        case AllocatorShape::reallocarray:
            return first | second | third;
    }
    return kAllRegisters;
}

}  // namespace leaklens
