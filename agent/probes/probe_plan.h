// Which allocator functions of a module to probe, and at which instruction: decided from the
// file's bytes alone, nothing is attached here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/elf/elf_image.h"
#include "bpf/shared.h"

namespace leaklens {

// The shapes of allocator functions, by how arguments and result are read. One BPF program each.
enum class AllocatorShape : std::uint8_t {
    malloc_like,     // (size) -> pointer: malloc, valloc, pvalloc, operator new
    calloc_like,     // (count, size) -> pointer
    realloc_like,    // (pointer, size) -> pointer
    reallocarray,    // (pointer, count, size) -> pointer
    memalign_like,   // (alignment, size) -> pointer: memalign, aligned_alloc
    aligned_new,     // (size, alignment) -> pointer: operator new with std::align_val_t
    posix_memalign,  // (pointer*, alignment, size) -> error
    free_like,       // (pointer)
};

struct PlannedProbe {
    std::string function;  // exported name, "malloc"
    AllocatorShape shape = AllocatorShape::malloc_like;
    std::uint64_t file_offset = 0;         // of the probed instruction
    std::uint32_t instruction_offset = 0;  // of the same, from the function's first byte
    bool emulated = false;
    bool returns = false;  // a return probe belongs to it (all but free_like)
    std::string reason;
};

struct ProbePlan {
    std::string family;  // "glibc", "musl", "jemalloc", "tcmalloc", "mimalloc", "other"
    std::vector<PlannedProbe> probes;  // no two at one file offset
    // Functions that need no probe of their own, one line each with the reason, for the log.
    std::vector<std::string> omitted;
};

// The plan for one module; no probes where the module defines no malloc and free, and none in
// glibc's loader, whose own heap serves nobody else. The `path` is only used to name the family.
// operator new and delete are probed only where the module defines both them and malloc, for then
// they need not go through malloc; what visibly does is omitted.
ProbePlan plan_probes(const ElfImage& image, const std::string& path, bool nops_are_emulated);

}  // namespace leaklens
