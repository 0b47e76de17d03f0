#include "agent/unwind/unwind_table.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "agent/unwind/eh_frame_section.h"
#include "agent/unwind/unwind_row.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kFunctionAlignment = 16;
// Rows keep their pc in 32 bits.
constexpr std::uint64_t kMaxImageSize = std::numeric_limits<ll_u32>::max();

bool same_rules(const ll_unwind_row& a, const ll_unwind_row& b) {
    return std::tie(a.cfa_offset, a.rbp_offset, a.cfa_rule, a.rbp_rule) ==
           std::tie(b.cfa_offset, b.rbp_offset, b.cfa_rule, b.rbp_rule);
}

// Appends rows in address order. The gap behind what was described last is closed by a row of
// LL_CFA_NONE, which the next function takes back where it follows directly.
class RowWriter {
  public:
    RowWriter(std::uint64_t image_base, std::size_t max_rows)
        : image_base_(image_base), max_rows_(max_rows) {}

    // False where the table is full. Addresses never decrease.
    bool add(std::uint64_t address, ll_unwind_row row) {
        row.pc = static_cast<ll_u32>(address - image_base_);
        auto& rows = table_.rows;
        while (!rows.empty() && rows.back().pc >= row.pc)
            rows.pop_back();
        if (rows.empty() ? row.cfa_rule == LL_CFA_NONE : same_rules(rows.back(), row)) return true;
        if (rows.size() == max_rows_) return false;
        rows.push_back(row);
        return true;
    }

    // Ends a function, so that what follows is not described.
    bool end(std::uint64_t address) {
        covered_end_ = address;
        return add(address, ll_unwind_row{});
    }

    // Takes back the end before `address` where only padding lies between.
    void begin(std::uint64_t address) {
        auto& rows = table_.rows;
        const bool is_padding =
            address % kFunctionAlignment == 0 && address - covered_end_ < kFunctionAlignment;
        if (is_padding && !rows.empty() && rows.back().cfa_rule == LL_CFA_NONE &&
            rows.back().pc == static_cast<ll_u32>(covered_end_ - image_base_)) {
            rows.pop_back();
        }
    }

    void count_unsupported(std::uint32_t more) { table_.unsupported += more; }
    // The first address that no function has covered yet.
    [[nodiscard]] std::uint64_t covered_end() const { return covered_end_; }
    UnwindTable take() && {
        table_.rows.shrink_to_fit();
        return std::move(table_);
    }

  private:
    std::uint64_t image_base_;
    std::size_t max_rows_;
    std::uint64_t covered_end_ = 0;
    UnwindTable table_;
};

// Adds the rows of one function from where no other has covered its addresses. False where the
// table is full.
bool add_function(RowWriter& writer, const EhFrameBytes& section, const CommonEntry& common,
                  const FrameDescription& function) {
    const std::uint64_t begin = std::max(function.begin, writer.covered_end());
    if (begin >= function.end) return true;
    writer.begin(begin);
    const EhFramePart& part = function.instructions;
    CfaProgram program(common.context, section.bytes.subspan(part.offset, part.size),
                       section.address + part.offset, function.begin);
    std::uint64_t from = function.begin;
    for (auto step = CfaProgram::Step::advanced;
         step == CfaProgram::Step::advanced && from < function.end;) {
        step = program.next();
        RowOutcome outcome;
        if (step != CfaProgram::Step::malformed) {
            outcome = make_unwind_row(program.rules(), common.signal_frame);
        }
        const std::uint64_t to =
            step == CfaProgram::Step::advanced ? program.location() : function.end;
        if (to > begin && to > from) {
            if (!outcome.supported) writer.count_unsupported(1);
            if (!writer.add(std::max(from, begin), outcome.row)) return false;
        }
        from = to;
    }
    return writer.end(function.end);
}

}  // namespace

Result<UnwindTable> build_unwind_table(const EhFrameBytes& section, std::uint64_t image_base,
                                       std::uint64_t code_begin, std::uint64_t code_end,
                                       std::size_t max_rows) {
    const Error too_many{ErrorKind::unsupported, "too much unwind information", {}};
    EhFrame frames = read_eh_frame(section, max_rows);
    auto& functions = frames.descriptions;
    std::erase_if(functions, [&](const FrameDescription& function) {
        return function.begin < code_begin || function.end > code_end ||
               function.begin < image_base || function.end - image_base > kMaxImageSize;
    });
    std::ranges::sort(functions, {}, [](const FrameDescription& function) {
        return std::tuple(function.begin, function.instructions.offset);
    });
    RowWriter writer(image_base, max_rows);
    writer.count_unsupported(frames.unreadable);
    for (const FrameDescription& function : functions) {
        const CommonEntry& common = frames.common_entries[function.common_entry];
        if (!add_function(writer, section, common, function)) return too_many;
    }
    return std::move(writer).take();
}

Result<UnwindTable> build_unwind_table(const ElfImage& image, std::size_t max_rows) {
    const auto section = find_eh_frame(image);
    if (!section.ok()) return section.error();
    std::uint64_t code_begin = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t code_end = 0;
    for (const LoadSegment& segment : image.load_segments()) {
        if (!segment.executable) continue;
        code_begin = std::min(code_begin, segment.vaddr);
        code_end = std::max(code_end, segment.vaddr + segment.memory_size);
    }
    return build_unwind_table({section->bytes, section->address}, image.image_base(), code_begin,
                              code_end, max_rows);
}

}  // namespace leaklens
