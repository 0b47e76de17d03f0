// Unwind rows in the kernel, shared by all captures of an agent: a file's rows are loaded once,
// however many processes map it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"
#include "agent/sniffer/bpf_map.h"
#include "agent/unwind/unwind_table.h"

namespace leaklens {

// Tells one version of a file from another.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    bool operator<(const FileId& other) const {
        return std::tie(device, inode, size, modified_ns) <
               std::tie(other.device, other.inode, other.size, other.modified_ns);
    }

    static Result<FileId> of(int fd);
};

// Where a file's rows are: what a ll_module refers to.
struct RowRange {
    std::uint32_t index_first = 0;
    std::uint32_t index_count = 0;
    std::uint32_t rows = 0;
};

// One pair of kernel arrays. Its size is fixed by the kernel, so files are only ever added.
class RowStore {
  public:
    static Result<std::shared_ptr<RowStore>> create(std::size_t rows, std::size_t index_entries);

    [[nodiscard]] int rows_fd() const { return rows_fd_.get(); }
    [[nodiscard]] int index_fd() const { return index_fd_.get(); }
    [[nodiscard]] std::size_t capacity() const { return rows_.size(); }

    [[nodiscard]] std::optional<RowRange> find(const FileId& file) const;
    [[nodiscard]] bool has_room(std::size_t rows, std::size_t index_entries) const;
    // Loads a file's rows. Returns nothing when there is no room for them.
    std::optional<RowRange> add(const FileId& file, const UnwindTable& table);

  private:
    Fd rows_fd_;
    Fd index_fd_;
    MappedArray<ll_unwind_row> rows_;
    MappedArray<ll_index_entry> index_;
    std::size_t rows_used_ = 0;
    std::size_t index_used_ = 0;
    std::map<FileId, RowRange> files_;
};

// Entries that the index needs for a table: one per page of text.
std::size_t index_entries(const UnwindTable& table);

}  // namespace leaklens
