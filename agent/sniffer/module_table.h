// The target's executable mappings: their unwind rows in the kernel, their files at the symbol
// reader, and which of them an address lies in.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "agent/capture.h"
#include "agent/probes/probe_plan.h"
#include "agent/process/maps.h"
#include "agent/result.h"
#include "agent/sniffer/row_store.h"
#include "agent/sniffer/shared_kernel_state.h"

namespace leaklens {

// One mapped file of the target.
struct Module {
    ModuleReport report;
    ProbePlan plan;                // what its file offers to probe
    Fd file;                       // kept open: probes are attached through it
    std::uint64_t image_base = 0;  // lowest PT_LOAD virtual address
    std::optional<RowRange> rows;  // nothing where they found no room
    std::vector<LoadSegment> segments;
};

class ModuleTable {
  public:
    // Where a code address lies: the module's number, and the ELF virtual address in it.
    struct Place {
        std::uint32_t module = 0;
        std::uint64_t virtual_address = 0;
    };

    ModuleTable(pid_t pid, const KernelFeatures& features) : pid_(pid), features_(features) {}

    // Reads the target's memory map for the first time and finds its rows a place in the kernel.
    // `limit` is the most rows that may be there.
    Status load(SharedKernelState& kernel, std::size_t limit);
    // Reads it again. Returns the numbers of modules that are new; `changed()` tells whether
    // kernel_table() is different now.
    Result<std::vector<std::uint32_t>> refresh();

    [[nodiscard]] bool changed() const { return changed_; }
    [[nodiscard]] const std::shared_ptr<RowStore>& rows() const { return rows_; }
    [[nodiscard]] const std::vector<std::unique_ptr<Module>>& modules() const { return modules_; }
    [[nodiscard]] Module& at(std::uint32_t module) { return *modules_.at(module); }
    // The mappings in the kernel's form, sorted by address.
    [[nodiscard]] std::vector<ll_module> kernel_table() const;
    [[nodiscard]] std::optional<Place> find(std::uint64_t address) const;
    // Files whose rows found no room.
    [[nodiscard]] std::uint64_t without_rows() const { return without_rows_; }
    // The address ranges of the target's memory as last read, whatever they map.
    [[nodiscard]] bool is_mapped(std::uint64_t start, std::uint64_t end) const;

  private:
    struct Range {
        std::uint64_t end = 0;
        std::uint64_t bias = 0;  // address - bias is an ELF virtual address
        std::uint32_t module = 0;
    };
    struct FileKey {
        std::uint32_t major = 0;
        std::uint32_t minor = 0;
        std::uint64_t inode = 0;
        bool operator<(const FileKey& other) const {
            return std::tie(major, minor, inode) < std::tie(other.major, other.minor, other.inode);
        }
    };

    // Numbers the file behind a mapping and reads its headers; rows are placed later.
    std::uint32_t module_of(const Mapping& mapping);
    std::unique_ptr<Module> open_module(const Mapping& mapping, std::uint32_t number) const;
    Result<UnwindTable> build_rows(const Module& module) const;
    // Says why a module has no rows; too many of them are left to place_rows(), which counts them
    // as a loss like any others that found no room.
    static void note_failure(Module& module, const Error& error);
    void place_rows(Module& module);
    void use(const std::vector<Mapping>& mappings);

    pid_t pid_;
    const KernelFeatures& features_;
    std::size_t row_limit_ = 0;
    std::shared_ptr<RowStore> rows_;
    std::vector<std::unique_ptr<Module>> modules_;
    std::map<FileKey, std::uint32_t> numbers_;
    std::map<std::uint64_t, Range> ranges_;          // executable ones, by start address
    std::map<std::uint64_t, std::uint64_t> mapped_;  // all, start -> end, neighbours joined
    std::uint64_t without_rows_ = 0;
    bool changed_ = false;
};

}  // namespace leaklens
