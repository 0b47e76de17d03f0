// The symbol reader: the child's side. One request after the other, in order, so that the agent
// knows which file is to blame when this process ends.
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "agent/symbols/demangle.h"
#include "agent/symbols/dwarf_lookup.h"
#include "agent/symbols/packet_socket.h"
#include "agent/symbols/sandbox.h"
#include "agent/symbols/symbol_client.h"
#include "agent/symbols/symbol_wire.h"

namespace leaklens {

namespace {

// elfutils never frees the tables of a unit that it once looked at. Once they take this much, all
// files are closed, and opened again as they are asked for, which costs some milliseconds each.
constexpr std::size_t kTablesLimit = 48UL << 20U;
constexpr std::size_t kReadSize = 64UL << 10U;

std::size_t heap_in_use() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// The checksum of .gnu_debuglink is zlib's.
bool has_crc(int fd, std::uint32_t wanted) {
    std::vector<Bytef> buffer(kReadSize);
    uLong crc = crc32(0, nullptr, 0);
    off_t offset = 0;
    for (;;) {
        const ssize_t size = pread(fd, buffer.data(), buffer.size(), offset);
        if (size < 0) return false;
        if (size == 0) return crc == wanted;
        crc = crc32(crc, buffer.data(), static_cast<uInt>(size));
        offset += size;
    }
}

struct Module {
    Fd elf;
    Fd debug;
    Fd alternate;
    std::unique_ptr<DwarfLookup> lookup;  // null when it is not open, or no ELF file
};

class SymbolWorker {
  public:
    explicit SymbolWorker(int socket) : socket_(socket) {}

    // Returns an exit code.
    int serve();

  private:
    PacketStatus next_packet(std::vector<std::uint8_t>& packet, std::vector<Fd>& descriptors);
    bool handle(const OpenModule& open, std::vector<Fd> descriptors);
    bool handle(const LookUp& look_up);
    bool reply(std::span<const std::uint8_t> packet) const {
        return send_packet(socket_, packet, {}, true) == PacketStatus::done;
    }
    void open_files(Module& module);
    void bound_tables();

    int socket_;
    std::unordered_map<std::uint64_t, Module> modules_;
    // What opening took: decompressed sections, which are needed for as long as a file is open.
    std::size_t heap_of_open_files_ = 0;
};

// With nothing to do, the pages of mapped files are given back before waiting: they would count as
// this process's memory although nobody else may want for them.
PacketStatus SymbolWorker::next_packet(std::vector<std::uint8_t>& packet,
                                       std::vector<Fd>& descriptors) {
    const PacketStatus status = receive_packet(socket_, packet, &descriptors, false);
    if (status != PacketStatus::would_block) return status;
    for (const auto& [number, module] : modules_) {
        if (module.lookup != nullptr) module.lookup->release_pages();
    }
    return receive_packet(socket_, packet, &descriptors, true);
}

int SymbolWorker::serve() {
    if (!reply(encode(ReaderReply(ReaderReady{})))) return 1;
    std::vector<std::uint8_t> packet;
    for (;;) {
        std::vector<Fd> descriptors;
        const PacketStatus status = next_packet(packet, descriptors);
        if (status == PacketStatus::closed) return 0;
        if (status != PacketStatus::done) return 1;
        const auto request = decode_request(packet);
        if (!request) return 1;
        const bool served = std::holds_alternative<OpenModule>(*request)
                                ? handle(std::get<OpenModule>(*request), std::move(descriptors))
                                : handle(std::get<LookUp>(*request));
        if (!served) return 1;
    }
}

bool SymbolWorker::handle(const OpenModule& open, std::vector<Fd> descriptors) {
    if (descriptors.size() != 1U + open.candidates + (open.alternate ? 1U : 0U)) return false;
    ModuleOpened opened;
    opened.module = open.module;
    Module& module = modules_[open.module];
    module = Module{};
    module.elf = std::move(descriptors.front());
    if (open.alternate) module.alternate = std::move(descriptors.back());
    for (std::uint8_t i = 0; i < open.candidates && !opened.candidate; ++i) {
        Fd& candidate = descriptors[1U + i];
        if (open.crc && !has_crc(candidate.get(), *open.crc)) continue;
        module.debug = std::move(candidate);
        opened.candidate = i;
    }
    open_files(module);
    if (module.lookup != nullptr) opened.source = module.lookup->source();
    return reply(encode(ReaderReply(opened)));
}

bool SymbolWorker::handle(const LookUp& look_up) {
    const auto found = modules_.find(look_up.module);
    if (found == modules_.end()) return false;
    Module& module = found->second;
    if (module.lookup == nullptr) open_files(module);
    std::vector<SymbolFrame> frames;
    if (module.lookup != nullptr) frames = module.lookup->frames_at(look_up.address);
    for (const auto& packet : encode_frames(look_up.sequence, std::move(frames))) {
        if (!reply(packet)) return false;
    }
    bound_tables();
    return true;
}

void SymbolWorker::open_files(Module& module) {
    const std::size_t before = heap_in_use();
    auto opened = DwarfLookup::open({module.elf.get(), module.debug.get(), module.alternate.get()});
    module.lookup = opened.ok() ? std::move(opened).value() : nullptr;
    heap_of_open_files_ += std::max(heap_in_use(), before) - before;
}

void SymbolWorker::bound_tables() {
    if (heap_in_use() < heap_of_open_files_ + kTablesLimit) return;
    for (auto& [number, module] : modules_)
        module.lookup.reset();
    heap_of_open_files_ = 0;
    malloc_trim(0);
}

}  // namespace

int run_symbol_worker(int socket) {
    prctl(PR_SET_NAME, "leaklens-symbol", 0, 0, 0);
    // What the C++ library sets up at first use is used before the sandbox closes.
    demangle("_ZNSt6vectorIiSaIiEE9push_backEOi");
    if (!enter_symbol_sandbox(socket)) return 1;
    return SymbolWorker(socket).serve();
}

}  // namespace leaklens
