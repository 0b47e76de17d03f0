#include "agent/sniffer/mapping_ledger.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <vector>

using leaklens::MappingLedger;

namespace {

constexpr std::uint64_t kPage = 4096;

// Sums what a ledger reports.
struct Books {
    std::int64_t bytes = 0;
    std::int64_t mappings = 0;
    MappingLedger ledger{{.on_mapped =
                              [this](const MappingLedger::Change& change) {
                                  bytes += static_cast<std::int64_t>(change.bytes);
                                  mappings += change.whole ? 1 : 0;
                              },
                          .on_unmapped =
                              [this](const MappingLedger::Change& change) {
                                  bytes -= static_cast<std::int64_t>(change.bytes);
                                  mappings -= change.whole ? 1 : 0;
                              }}};
};

}  // namespace

TEST_CASE("an unmap of the whole range settles a mapping") {
    Books books;
    books.ledger.map(16 * kPage, 10 * kPage, {1, 0});
    CHECK(books.bytes == 10 * kPage);
    CHECK(books.mappings == 1);
    books.ledger.unmap(16 * kPage, 10 * kPage);
    CHECK(books.bytes == 0);
    CHECK(books.mappings == 0);
    CHECK(books.ledger.size() == 0);
}

TEST_CASE("an unmap in the middle leaves two pieces of one mapping") {
    Books books;
    books.ledger.map(16 * kPage, 10 * kPage, {1, 0});
    books.ledger.unmap(20 * kPage, 2 * kPage);
    CHECK(books.bytes == 8 * kPage);
    CHECK(books.mappings == 1);
    CHECK(books.ledger.size() == 2);
    books.ledger.unmap(16 * kPage, 4 * kPage);
    CHECK(books.mappings == 1);
    books.ledger.unmap(22 * kPage, 4 * kPage);
    CHECK(books.bytes == 0);
    CHECK(books.mappings == 0);
}

TEST_CASE("an unmap may take several mappings, and what is not ours, at once") {
    Books books;
    books.ledger.map(16 * kPage, kPage, {1, 0});
    books.ledger.map(18 * kPage, kPage, {2, 0});
    books.ledger.map(30 * kPage, kPage, {3, 0});
    books.ledger.unmap(0, 20 * kPage);
    CHECK(books.bytes == kPage);
    CHECK(books.mappings == 1);
}

TEST_CASE("a mapping placed over another one replaces it") {
    Books books;
    books.ledger.map(16 * kPage, 4 * kPage, {1, 0});
    books.ledger.map(17 * kPage, kPage, {2, 0});
    CHECK(books.bytes == 4 * kPage);
    CHECK(books.mappings == 2);
}

TEST_CASE("lengths count in whole pages") {
    Books books;
    books.ledger.map(16 * kPage, 100, {1, 0});
    CHECK(books.bytes == kPage);
    books.ledger.unmap(16 * kPage, 1);
    CHECK(books.bytes == 0);
}

TEST_CASE("absurd lengths saturate instead of wrapping around") {
    Books books;
    books.ledger.map(16 * kPage, kPage, {1, 0});
    books.ledger.unmap(kPage, UINT64_MAX);
    CHECK(books.bytes == 0);
    books.ledger.map(16 * kPage, UINT64_MAX, {1, 0});
    CHECK(books.mappings == 1);
    books.ledger.unmap(0, UINT64_MAX);
    CHECK(books.mappings == 0);
}

TEST_CASE("reconciling drops what is not mapped any more") {
    Books books;
    books.ledger.map(16 * kPage, kPage, {1, 0});
    books.ledger.map(32 * kPage, kPage, {1, 0});
    books.ledger.reconcile([](std::uint64_t start, std::uint64_t) { return start == 16 * kPage; });
    CHECK(books.bytes == kPage);
    CHECK(books.mappings == 1);
}

TEST_CASE("any sequence agrees with a page by page account") {
    std::mt19937_64 random(20261121);
    for (int round = 0; round < 200; round++) {
        Books books;
        std::vector<int> owner(64, 0);  // page -> number of its mapping, 0: unmapped
        int next = 1;
        for (int step = 0; step < 60; step++) {
            const std::uint64_t first = random() % 48;
            const std::uint64_t pages = 1 + random() % 16;
            const bool map = random() % 2 == 0;
            if (map) {
                books.ledger.map(first * kPage, pages * kPage, {1, 0});
            } else {
                books.ledger.unmap(first * kPage, pages * kPage);
            }
            for (std::uint64_t page = first; page < first + pages; page++)
                owner.at(page) = map ? next : 0;
            next++;

            std::int64_t mapped = 0;
            std::vector<bool> seen(static_cast<std::size_t>(next), false);
            std::int64_t mappings = 0;
            for (const int number : owner) {
                if (number == 0) continue;
                mapped++;
                if (!seen.at(static_cast<std::size_t>(number))) mappings++;
                seen.at(static_cast<std::size_t>(number)) = true;
            }
            REQUIRE(books.bytes == mapped * static_cast<std::int64_t>(kPage));
            REQUIRE(books.mappings == mappings);
        }
    }
}
