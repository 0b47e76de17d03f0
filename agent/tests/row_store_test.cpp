// The rows as the kernel finds them: real BPF arrays, searched here as bpf/unwind.h does.
#include "agent/sniffer/row_store.h"

#include <doctest/doctest.h>

#include <random>

using leaklens::FileId;
using leaklens::RowRange;
using leaklens::RowStore;
using leaklens::UnwindTable;

namespace {

UnwindTable random_table(std::mt19937_64& random, std::size_t rows) {
    UnwindTable table;
    std::uint32_t pc = static_cast<std::uint32_t>(random() % 5000);
    for (std::size_t i = 0; i < rows; i++) {
        // Some rows lie byte by byte, others pages apart.
        pc += 1 + static_cast<std::uint32_t>(random() % (random() % 8 == 0 ? 3000 : 12));
        table.rows.push_back({pc, static_cast<ll_s32>(i), 0, LL_CFA_RSP, LL_RBP_SAME});
    }
    return table;
}

template <typename T>
T read(int map, std::uint32_t key) {
    T value{};
    REQUIRE(bpf_map_lookup_elem(map, &key, &value) == 0);
    return value;
}

// The row that the kernel would use at `pc`, as its number within the file.
ll_s32 row_at(const RowStore& store, const RowRange& range, std::uint32_t pc) {
    const std::uint32_t page = pc >> LL_INDEX_SHIFT;
    REQUIRE(page < range.index_count);
    const auto rows = read<ll_index_entry>(store.index_fd(), range.index_first + page);
    std::uint32_t low = rows.first;
    std::uint32_t count = rows.last - low + 1;
    int steps = 0;
    while (count > 1) {
        REQUIRE(steps++ < LL_ROW_SEARCH_STEPS);
        const std::uint32_t half = count / 2;
        if (read<ll_unwind_row>(store.rows_fd(), low + half).pc <= pc) {
            low += half;
            count -= half;
        } else {
            count = half;
        }
    }
    return read<ll_unwind_row>(store.rows_fd(), low).cfa_offset;
}

}  // namespace

TEST_CASE("each address finds the last row at or before it, in every file") {
    std::mt19937_64 random(7);
    auto store = RowStore::create(5000, 50'000);
    REQUIRE(store.ok());
    for (std::uint64_t file = 1; file <= 3; file++) {
        const UnwindTable table = random_table(random, 1000);
        const auto range = (*store)->add(FileId{1, file, 0, 0}, table);
        REQUIRE(range.has_value());
        CHECK(range->rows == 1000);
        for (std::size_t i = 0; i < table.rows.size(); i++) {
            const std::uint32_t begins = table.rows[i].pc;
            CHECK(row_at(**store, *range, begins) == static_cast<ll_s32>(i));
            if (i + 1 < table.rows.size()) {
                const std::uint32_t last = table.rows[i + 1].pc - 1;
                CHECK(row_at(**store, *range, last) == static_cast<ll_s32>(i));
            }
        }
    }
}

TEST_CASE("a file is loaded once, and one that does not fit is refused") {
    std::mt19937_64 random(8);
    auto store = RowStore::create(1500, 50'000);
    REQUIRE(store.ok());
    const UnwindTable table = random_table(random, 1000);
    const auto first = (*store)->add(FileId{1, 1, 0, 0}, table);
    const auto again = (*store)->add(FileId{1, 1, 0, 0}, table);
    REQUIRE(first.has_value());
    REQUIRE(again.has_value());
    CHECK(first->index_first == again->index_first);
    CHECK_FALSE((*store)->add(FileId{1, 2, 0, 0}, table).has_value());
    CHECK_FALSE((*store)->find(FileId{1, 2, 0, 0}).has_value());
}

TEST_CASE("a file without rows has an empty range") {
    auto store = RowStore::create(10, 10);
    REQUIRE(store.ok());
    const auto range = (*store)->add(FileId{1, 1, 0, 0}, UnwindTable{});
    REQUIRE(range.has_value());
    CHECK(range->index_count == 0);
    CHECK(range->rows == 0);
}
