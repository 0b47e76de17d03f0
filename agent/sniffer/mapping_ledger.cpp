#include "agent/sniffer/mapping_ledger.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace leaklens {

namespace {

constexpr std::uint64_t kPage = 4096;

constexpr std::uint64_t kTop = ~(kPage - 1);

// End of a range of whole pages; saturates at the top of the address space.
std::uint64_t end_of(std::uint64_t address, std::uint64_t length) {
    const std::uint64_t rounded = length > kTop ? kTop : (length + kPage - 1) & ~(kPage - 1);
    return rounded > kTop - address ? kTop : address + rounded;
}

}  // namespace

void MappingLedger::map(std::uint64_t address, std::uint64_t length, Origin origin) {
    unmap(address, length);
    const std::uint64_t end = end_of(address, length);
    if (end <= address) return;
    pieces_.emplace(address, Piece{end, origin, std::make_shared<char>()});
    changes_.on_mapped({origin, end - address, true});
}

void MappingLedger::unmap(std::uint64_t address, std::uint64_t length) {
    const std::uint64_t end = end_of(address, length);
    auto at = pieces_.upper_bound(address);
    if (at != pieces_.begin() && std::prev(at)->second.end > address) at = std::prev(at);
    while (at != pieces_.end() && at->first < end) {
        const std::uint64_t start = at->first;
        Piece piece = std::move(at->second);
        at = pieces_.erase(at);
        const std::uint64_t cut_start = std::max(start, address);
        const std::uint64_t cut_end = std::min(piece.end, end);
        if (start < cut_start)
            pieces_.emplace(start, Piece{cut_start, piece.origin, piece.mapping});
        if (cut_end < piece.end)
            at = pieces_.emplace(cut_end, Piece{piece.end, piece.origin, piece.mapping}).first;
        changes_.on_unmapped({piece.origin, cut_end - cut_start, piece.mapping.use_count() == 1});
    }
}

void MappingLedger::reconcile(
    const std::function<bool(std::uint64_t start, std::uint64_t end)>& is_mapped) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> gone;
    for (const auto& [start, piece] : pieces_)
        if (!is_mapped(start, piece.end)) gone.emplace_back(start, piece.end - start);
    for (const auto& [start, length] : gone)
        unmap(start, length);
}

}  // namespace leaklens
