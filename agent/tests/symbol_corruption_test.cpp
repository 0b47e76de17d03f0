// Thousands of damaged programs through the symbol reader: whatever is wrong with a file, every
// request is answered, and the files that are well keep their symbols.
#include <doctest/doctest.h>
#include <elf.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "agent/elf/elf_image.h"
#include "agent/symbols/symbol_client.h"
#include "agent/tests/elf_files.h"
#include "agent/tests/symbol_samples.h"

namespace leaklens {
namespace {

using test::Bytes;

constexpr unsigned kBatches = 30;
constexpr std::uint64_t kFilesPerBatch = 100;
constexpr std::uint64_t kHealthy = 0;

// Where in a file its debug information, symbols and section headers lie.
struct Region {
    std::size_t begin = 0;
    std::size_t size = 0;
};

std::vector<Region> vulnerable_regions(const std::string& path) {
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    std::vector<Region> regions;
    std::size_t end = 0;
    for (const Section& section : image->sections()) {
        if (section.type == SHT_NOBITS || section.size == 0) continue;
        end = std::max<std::size_t>(end, section.offset + section.size);
        if (section.name.starts_with(".debug_") || section.name.starts_with(".symtab") ||
            section.name.starts_with(".strtab")) {
            regions.push_back({section.offset, section.size});
        }
    }
    REQUIRE(regions.size() > 5);
    const std::size_t size = test::read_whole(path).size();
    REQUIRE(end < size);
    regions.push_back({end, size - end});  // the section headers
    regions.push_back({0, sizeof(Elf64_Ehdr)});
    return regions;
}

// Damages one region: single bits, wild numbers, copies of other parts (references that lead into
// themselves are among them), or a file that ends early.
Bytes damaged(Bytes bytes, const std::vector<Region>& regions, std::mt19937& random) {
    const Region region = regions[random() % regions.size()];
    const auto place = [&] { return region.begin + random() % region.size; };
    const std::size_t times = 1 + random() % 24;
    for (std::size_t i = 0; i < times; ++i) {
        switch (random() % 4) {
            case 0:
                bytes[place()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
                break;
            case 1:
                bytes[place()] = static_cast<std::uint8_t>(random());
                break;
            case 2:
                bytes[place()] = random() % 2 == 0 ? 0 : 0xFF;
                break;
            default: {
                const std::size_t from = place();
                const std::size_t to = place();
                const std::size_t room = region.begin + region.size - std::max(from, to);
                const std::size_t count = std::min<std::size_t>(room, 1 + random() % 16);
                std::copy_n(Bytes(bytes.begin() + from, bytes.begin() + from + count).begin(),
                            count, bytes.begin() + to);
            }
        }
    }
    if (random() % 16 == 0) bytes.resize(random() % bytes.size());
    return bytes;
}

TEST_CASE("damaged files cost nobody else's symbols") {
    const test::TemporaryFolder folder;
    const test::Sample sample = test::build_sample(folder.path() / "program", "g++", {"-O2", "-g"});
    const Bytes whole = test::read_whole(sample.program);
    const auto regions = vulnerable_regions(sample.program);
    std::mt19937 random(19937);
    std::uint64_t with_frames = 0;
    std::uint64_t given_up = 0;
    for (unsigned batch = 0; batch < kBatches; ++batch) {
        std::uint64_t answered = 0;
        std::size_t healthy_frames = 0;
        SymbolReaderOptions options;
        options.executable = SYMBOL_READER;
        options.restart_limit = kFilesPerBatch;
        SymbolClient client({.on_answer =
                                 [&](const SymbolAnswer& answer) {
                                     ++answered;
                                     CHECK(answer.frames.size() <= 64);
                                     if (!answer.frames.empty()) ++with_frames;
                                     if (answer.ticket == kHealthy) {
                                         healthy_frames = answer.frames.size();
                                     }
                                 },
                             .on_module =
                                 [&](const ModuleSymbols& symbols) {
                                     if (!symbols.problem.empty()) ++given_up;
                                 }},
                            options);
        std::uint64_t asked = 0;
        for (std::uint64_t file = 1; file <= kFilesPerBatch; ++file) {
            client.add_module(file, test::memory_file(damaged(whole, regions, random)), getpid(),
                              "/damaged");
            for (const auto& [name, address] : sample.addresses)
                client.request(++asked, file, address);
        }
        client.add_module(kHealthy, test::open_file(sample.program), getpid(), sample.program);
        client.request(kHealthy, kHealthy, sample.addresses.at("grow"));
        ++asked;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(180);
        while (client.pending() > 0) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            pollfd ready{client.fd(), POLLIN, 0};
            if (poll(&ready, 1, 100) > 0) client.on_readable();
            client.on_tick();
        }
        CHECK(answered == asked);
        CHECK(healthy_frames == 3);
    }
    MESSAGE("answers with frames: " << with_frames << ", files given up: " << given_up);
    // Else the damage would have been too little, or too much, to tell anything.
    CHECK(with_frames > kBatches * kFilesPerBatch);
    CHECK(given_up > 0);
}

}  // namespace
}  // namespace leaklens
