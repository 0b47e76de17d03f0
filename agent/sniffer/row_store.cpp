#include "agent/sniffer/row_store.h"

#include <sys/stat.h>

namespace leaklens {

namespace {

Result<Fd> create_array(const char* name, std::uint32_t value_size, std::size_t entries) {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(std::uint32_t), value_size,
                                  static_cast<std::uint32_t>(entries), &options);
    if (fd < 0) return Error::from_errno("create the kernel's table of unwind rows", -fd);
    return Fd(fd);
}

}  // namespace

Result<FileId> FileId::of(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return Error::from_errno("fstat");
    return FileId{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                  status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::size_t index_entries(const UnwindTable& table) {
    return table.rows.empty() ? 0 : (table.rows.back().pc >> LL_INDEX_SHIFT) + 1;
}

Result<std::shared_ptr<RowStore>> RowStore::create(std::size_t rows, std::size_t index_entries) {
    auto store = std::make_shared<RowStore>();
    auto rows_fd = create_array("ll_rows", sizeof(ll_unwind_row), rows);
    if (!rows_fd) return rows_fd.error();
    auto index_fd = create_array("ll_row_index", sizeof(ll_index_entry), index_entries);
    if (!index_fd) return index_fd.error();
    auto mapped_rows = MappedArray<ll_unwind_row>::map(rows_fd->get(), rows);
    if (!mapped_rows) return mapped_rows.error();
    auto mapped_index = MappedArray<ll_index_entry>::map(index_fd->get(), index_entries);
    if (!mapped_index) return mapped_index.error();
    store->rows_fd_ = std::move(*rows_fd);
    store->index_fd_ = std::move(*index_fd);
    store->rows_ = std::move(*mapped_rows);
    store->index_ = std::move(*mapped_index);
    return store;
}

std::optional<RowRange> RowStore::find(const FileId& file) const {
    const auto found = files_.find(file);
    if (found == files_.end()) return std::nullopt;
    return found->second;
}

bool RowStore::has_room(std::size_t rows, std::size_t index_entries) const {
    return rows_used_ + rows <= rows_.size() && index_used_ + index_entries <= index_.size();
}

std::optional<RowRange> RowStore::add(const FileId& file, const UnwindTable& table) {
    if (const auto known = find(file)) return known;
    const std::size_t entries = index_entries(table);
    if (entries == 0) return files_.emplace(file, RowRange{}).first->second;
    if (!has_room(table.rows.size(), entries)) return std::nullopt;

    for (std::size_t i = 0; i < table.rows.size(); i++)
        rows_.store(rows_used_ + i, table.rows[i]);
    std::size_t row = 0;
    for (std::size_t page = 0; page < entries; page++) {
        const std::uint64_t begins = std::uint64_t{page} << LL_INDEX_SHIFT;
        const std::uint64_t ends = begins + (1U << LL_INDEX_SHIFT);
        const auto advance_while = [&](auto holds) {
            while (row + 1 < table.rows.size() && holds(table.rows[row + 1].pc))
                row++;
        };
        advance_while([&](std::uint64_t pc) { return pc <= begins; });
        const std::size_t first = row;
        advance_while([&](std::uint64_t pc) { return pc < ends; });
        index_.store(index_used_ + page, {static_cast<std::uint32_t>(rows_used_ + first),
                                          static_cast<std::uint32_t>(rows_used_ + row)});
    }
    const RowRange range{static_cast<std::uint32_t>(index_used_),
                         static_cast<std::uint32_t>(entries),
                         static_cast<std::uint32_t>(table.rows.size())};
    rows_used_ += table.rows.size();
    index_used_ += entries;
    files_.emplace(file, range);
    return range;
}

}  // namespace leaklens
